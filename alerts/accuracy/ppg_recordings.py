"""PPG recordings with the true rates: BIDMC (bedside, at rest) and TROIKA (wrist, running)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_AGREE_PER_MIN = 2.0
_SAME_PERSON = {"04_TYPE01": "TS04"}
"""An extra recording of a person of the test set, as its publishers say."""

Truth = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PpgRecording:
    """One recording.

    Attributes
    ----------
    t_ms : ndarray, shape (n,)
        Since its start. [ms]
    person : str
        Set and name.
    ppg : ndarray, shape (n, channels)
        [device units]
    acc : ndarray, shape (n, 3), or None
        [g]
    ref_bpm : ndarray
        True rate from second 2k to 2k + 8 (TROIKA); empty elsewhere. [/min]
    monitor_bpm, monitor_hr_bpm : ndarray
        The monitor's pulse rate and heart rate at each second (BIDMC). [/min]
    breaths_s : tuple of ndarray
        Breaths as each of two people marked them. [s]
    """

    dataset: str
    name: str
    person: str
    t_ms: NDArray[np.int64]
    ppg: NDArray[np.float64]
    rate_hz: float
    acc: NDArray[np.float64] | None = None
    ref_bpm: Truth
    monitor_bpm: Truth
    monitor_hr_bpm: Truth
    breaths_s: tuple[Truth, ...] = ()

    @property
    def minutes(self) -> float:
        """Length. [min]."""
        return float(self.t_ms[-1]) / 60_000

    def breath_rate(self, start_s: float, end_s: float) -> float:
        """Return the true respiration rate of a stretch; NaN where the two people do not agree within 2 /min."""
        rates = []
        for marked in self.breaths_s:
            inside = marked[(marked >= start_s) & (marked < end_s)]
            if len(inside) > 1:
                rates.append(60.0 * (len(inside) - 1) / float(inside[-1] - inside[0]))
        if len(rates) < len(self.breaths_s) or not rates or max(rates) - min(rates) > _AGREE_PER_MIN:
            return float("nan")
        return float(np.mean(rates))


def recordings(folder: Path) -> Iterator[PpgRecording]:
    """Return every PPG recording found in a folder of sets."""
    for file in sorted((folder / "bidmc").glob("*.npz")):
        yield _bidmc(file)
    for file in sorted((folder / "troika").glob("*.npz")):
        yield _troika(file)


def _bidmc(file: Path) -> PpgRecording:
    with np.load(file, allow_pickle=False) as z:
        rate = float(z["fs"]) if "fs" in z else 125.0
        ppg = z["PLETH"] * float(z["PLETH_scale"])
        return PpgRecording(
            dataset="bidmc",
            name=file.stem,
            person=f"bidmc/{z['patient']}",
            t_ms=np.rint(np.arange(len(ppg)) * 1_000.0 / rate).astype(np.int64),
            ppg=ppg[:, None],
            rate_hz=rate,
            ref_bpm=np.empty(0),
            monitor_bpm=z["num_PULSE"].astype(np.float64),
            monitor_hr_bpm=z["num_HR"].astype(np.float64),
            breaths_s=(z["breaths_ann1"] / rate, z["breaths_ann2"] / rate),
        )


def _troika(file: Path) -> PpgRecording:
    with np.load(file, allow_pickle=False) as z:
        rate = float(z["fs"])
        ppg = z["ppg"].T.astype(np.float64)
        return PpgRecording(
            dataset="troika",
            name=file.stem,
            person=f"troika/{_SAME_PERSON.get(file.stem, file.stem.split('_')[0])}",
            t_ms=np.rint(np.arange(len(ppg)) * 1_000.0 / rate).astype(np.int64),
            ppg=ppg,
            rate_hz=rate,
            acc=z["acc"].T * float(z["acc_scale"]),
            ref_bpm=z["ref_bpm"].astype(np.float64),
            monitor_bpm=np.empty(0),
            monitor_hr_bpm=np.empty(0),
        )
