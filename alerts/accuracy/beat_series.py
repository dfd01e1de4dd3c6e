"""Days of beat times without the ECG: fibrillation and ectopy with rhythm marks, and people said to have none."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.ecg_recordings import FIBRILLATION

NAME: Final = "beat_series"
MARKED: Final = ("ltafdb", "afdb")
"""Sets whose rhythms are marked."""
WITHOUT: Final = ("nsr2db", "chf2db", "healthy")
"""Sets of people none of whom is said to fibrillate."""
STRIP_MS: Final = 30_000
_GAP_S: Final = {"ltafdb": 10.0, "afdb": 5.0, "nsr2db": 2.5, "chf2db": 2.5, "healthy": 2.5}
"""A longer interval is a gap in what was recorded. [s]"""
_SHORTEST_S = 0.2
Spans = tuple[tuple[float, float, str], ...]


class BeatStrip(NamedTuple):
    """Half a minute.

    Attributes
    ----------
    start_ms : int
        Since the recording's start. [ms]
    beats_ms : ndarray, shape (beats,)
        When they were. [ms]
    rr_ms : ndarray, shape (n,)
        Intervals that end in it, without those over gaps. [ms]
    fibrillates, flutters : float
        Share of the time, as it is marked. [-]
    """

    start_ms: int
    beats_ms: NDArray[np.float64]
    rr_ms: NDArray[np.float64]
    fibrillates: float
    flutters: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatDay:
    """Beat times of one person.

    Attributes
    ----------
    dataset, person : str
        Set within beat_series, and who.
    beats_s : ndarray, shape (beats,)
        [s]
    rhythms : tuple of (float, float, str)
        From, to, name; empty where none is marked. [s]
    """

    dataset: str
    person: str
    beats_s: NDArray[np.float64]
    rhythms: Spans

    @property
    def hours(self) -> float:
        """Length. [h]."""
        return float(self.beats_s[-1] - self.beats_s[0]) / 3_600

    def strips(self) -> Iterator[BeatStrip]:
        """Yield every half minute, in order of time."""
        intervals = np.diff(self.beats_s)
        good = (intervals > _SHORTEST_S) & (intervals < _GAP_S[self.dataset])
        ends_ms = self.beats_s[1:] * 1_000.0
        number = (ends_ms // STRIP_MS).astype(np.int64)
        edges = np.searchsorted(number, np.arange(number[-1] + 2))
        fibrillates, flutters = (self._share(len(edges) - 1, names) for names in (_FIBRILLATES, _FLUTTERS))
        for k, (first, last) in enumerate(itertools.pairwise(edges.tolist())):
            rr_ms = 1_000.0 * intervals[first:last][good[first:last]]
            yield BeatStrip(k * STRIP_MS, ends_ms[first:last], rr_ms, float(fibrillates[k]), float(flutters[k]))

    def _share(self, strips: int, names: frozenset[str]) -> NDArray[np.float64]:
        share = np.zeros(strips)
        edges_s = np.arange(strips + 1) * (STRIP_MS / 1_000.0)
        for start, end, name in self.rhythms:
            if name in names:
                share += np.diff(np.clip(edges_s, start, end))
        return share / (STRIP_MS / 1_000.0)


_FIBRILLATES = frozenset({"(AFIB"})
_FLUTTERS = FIBRILLATION - _FIBRILLATES


def beat_days(folder: Path) -> Iterator[BeatDay]:
    """Return everybody of the sets of whom it is known whether they fibrillate, as far as they are in a folder."""
    for dataset in (*MARKED, *WITHOUT):
        for file in sorted((folder / NAME / dataset).glob("*.npz")):
            yield _read(dataset, file)


def _read(dataset: str, file: Path) -> BeatDay:
    with np.load(file, allow_pickle=False) as z:
        rate_hz = float(z["fs"])
        beats_s = (int(z["beat0"]) + np.concatenate([[0], np.cumsum(z["rr"].astype(np.int64))])) / rate_hz
        rhythms: Spans = ()
        if dataset in MARKED:
            starts = [*(z["rhythm_sample"] / rate_hz).tolist(), float(beats_s[-1])]
            names = [str(name) for name in z["rhythm"]]
            rhythms = tuple((a, b, name) for (a, b), name in zip(itertools.pairwise(starts), names, strict=True))
    return BeatDay(dataset=dataset, person=f"{dataset}/{file.stem}", beats_s=beats_s, rhythms=rhythms)
