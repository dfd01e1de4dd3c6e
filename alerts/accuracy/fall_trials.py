"""Trials of falls and daily activities, read from the compact formats of the three open fall sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

STANDARD_GRAVITY: Final = 9.80665
"""Metres per second squared in one g."""
POSITIONS: Final = ("pocket", "chest", "waist", "wrist", "ankle")
_WORN_G: Final = (0.8, 1.3)
_MIN_SAMPLES: Final = 20
_START_MS: Final = 3_000
Archive = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FallTrial:
    """One recorded fall or activity of one person.

    Attributes
    ----------
    age : str
        ``young`` or ``old``; empty when the set does not say.
    t_ms : ndarray, shape (n,)
        Since the trial's start, not decreasing. [ms]
    acc : ndarray, shape (n, 3)
        Gravity included. [g]
    fall_s : tuple of float
        Marked start and end of the fall; NaN where it was not marked. [s]
    """

    dataset: str
    subject: str
    code: str
    is_fall: bool
    position: str
    age: str
    t_ms: NDArray[np.int64]
    acc: NDArray[np.float64]
    fall_s: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def hours(self) -> float:
        """Length of the trial. [h]."""
        return float(self.t_ms[-1] - self.t_ms[0]) / 3_600_000


def trials(folder: Path) -> Iterator[FallTrial]:
    """Return the trials of every fall set found in a folder, person after person."""
    for dataset, read in _SETS.items():
        for file in sorted((folder / dataset).glob("*.npz")):
            with np.load(file, allow_pickle=False) as archive:
                yield from read({name: archive[name] for name in archive.files})


def _sisfall(z: Archive) -> Iterator[FallTrial]:
    subject = str(z["subject"])
    for k, code in enumerate(z["code"]):
        acc = z["acc"][:, z["start"][k] : z["start"][k + 1]].T * float(z["acc_scale"])
        t_ms = np.round(np.arange(len(acc)) * 1_000 / float(z["fs"])).astype(np.int64)
        yield FallTrial(
            dataset="sisfall",
            subject=subject,
            code=str(code),
            is_fall=bool(z["fall"][k]),
            position="waist",
            age="old" if subject.startswith("SE") else "young",
            t_ms=t_ms,
            acc=acc,
        )


def _weda_fall(z: Archive) -> Iterator[FallTrial]:
    subject = str(z["subject"])
    for k, code in enumerate(z["code"]):
        part = slice(z["start"][k], z["start"][k + 1])
        yield FallTrial(
            dataset="weda_fall",
            subject=subject,
            code=str(code),
            is_fall=bool(z["fall"][k]),
            position="wrist",
            age="old" if subject.startswith(("U2", "U3")) else "young",
            t_ms=np.maximum.accumulate(z["t_ms"][part].astype(np.int64)),
            acc=z["acc"][:, part].T * float(z["acc_scale"]) / STANDARD_GRAVITY,
            fall_s=(float(z["fall_start_s"][k]), float(z["fall_end_s"][k])),
        )


def _umafall(z: Archive) -> Iterator[FallTrial]:
    for position in (name for name in POSITIONS if f"{name}_acc" in z):
        for k, code in enumerate(z["code"]):
            part = slice(z[f"{position}_start"][k], z[f"{position}_start"][k + 1])
            acc = z[f"{position}_acc"][:, part].T * float(z[f"{position}_acc_scale"])
            t_ms = np.maximum.accumulate(z[f"{position}_t_ms"][part].astype(np.int64))
            if len(acc) < _MIN_SAMPLES or not _in_range(acc) or not _in_range(acc[t_ms < t_ms[0] + _START_MS]):
                continue
            yield FallTrial(
                dataset="umafall",
                subject=str(z["subject"]),
                code=str(code),
                is_fall=bool(z["fall"][k]),
                position=position,
                age="",
                t_ms=t_ms,
                acc=acc,
            )


def _in_range(acc: NDArray[np.float64]) -> bool:
    """Return False for a stream whose range was misread in the source: standing is not near 1 g.

    Some tags were read at a quarter of their range for the first seconds only, the fall included.
    """
    low, high = _WORN_G
    return bool(low < np.median(np.linalg.norm(acc, axis=1)) < high)


_SETS: Final[dict[str, Callable[[Archive], Iterator[FallTrial]]]] = {
    "sisfall": _sisfall,
    "weda_fall": _weda_fall,
    "umafall": _umafall,
}
