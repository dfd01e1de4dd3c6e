"""One recorded fall or activity of one person, and the layout that several sets share: a column range a trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

STANDARD_GRAVITY: Final = 9.80665
"""Metres per second squared in one g."""
POSITIONS: Final = ("pocket", "chest", "waist", "wrist", "ankle")
_MIN_SAMPLES: Final = 20
_OLD_YEARS: Final = 60
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
    number : int
        Of the trial among the person's; sensors worn at once share it. [-]
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
    number: int = 0
    fall_s: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def hours(self) -> float:
        """Length of the trial. [h]."""
        return float(self.t_ms[-1] - self.t_ms[0]) / 3_600_000

    @property
    def person(self) -> str:
        """Who: set and subject."""
        return f"{self.dataset}/{self.subject}"


def age_group(years: float) -> str:
    """Return ``old`` from 60 years on, else ``young``. [years]."""
    return "old" if years >= _OLD_YEARS else "young"


def worn_at(z: Archive, dataset: str, position: str, age: str) -> Iterator[FallTrial]:
    """Return the trials of one sensor of an archive in UMAFall's layout."""
    start, t_ms = z[f"{position}_start"], z[f"{position}_t_ms"].astype(np.int64)
    acc = z[f"{position}_acc"].T * float(z[f"{position}_acc_scale"])
    for k, code in enumerate(z["code"]):
        part = slice(start[k], start[k + 1])
        if len(t_ms[part]) < _MIN_SAMPLES:
            continue
        yield FallTrial(
            dataset=dataset,
            subject=str(z["subject"]),
            code=str(code),
            is_fall=bool(z["fall"][k]),
            position=position,
            age=age,
            t_ms=np.maximum.accumulate(t_ms[part]),
            acc=acc[part],
            number=k,
        )
