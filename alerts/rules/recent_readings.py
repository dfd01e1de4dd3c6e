"""The last readings of several quantities, and how fresh they are: what a score over many devices is made of."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from itertools import chain
from statistics import median
from typing import Any

from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS

_KEPT = 5


class RecentReadings:
    """Part -> time and value of its last five readings.

    Parameters
    ----------
    oldest_s : float
        A part whose newest reading is older is missing. [s]
    together_s : float
        Readings this close to the newest count with it, by their median, so that one spike changes nothing. [s]
    """

    def __init__(self, *, oldest_s: float, together_s: float) -> None:
        self._oldest_ms = oldest_s * SECOND_MS
        self._together_ms = together_s * SECOND_MS
        self._kept: dict[str, array[float]] = {}
        """Times and values in turns: one block, which every number adds to."""

    def remember(self, part: str, t_ms: int, value: float) -> bool:
        """Take a reading; return False for one older than the newest, of another device. [ms]."""
        kept = self._kept.get(part)
        if kept is None:
            self._kept[part] = array("d", (t_ms, value))
            return True
        if t_ms < kept[-2]:
            return False
        kept.extend((t_ms, value))
        if len(kept) > 2 * _KEPT:
            del kept[:2]
        return True

    def values(self, part: str) -> array[float]:
        """Return all values of a part that are kept, however old."""
        return self._kept[part][1::2]

    def outside(self, ranges: Mapping[str, tuple[float, float]]) -> frozenset[str]:
        """Return the parts of which a value that is kept does not lie strictly inside the part's range."""
        ends = ((part, ranges[part], kept) for part, kept in self._kept.items())
        return frozenset(part for part, (low, high), kept in ends if not all(low < v < high for v in kept[1::2]))

    def fresh(self, now_ms: int) -> dict[str, tuple[float, float]]:
        """Return part -> (value, age in seconds) of what is not too old. [ms]."""
        oldest = now_ms - self._oldest_ms
        found = {}
        for part, kept in self._kept.items():
            newest = kept[-2]
            if newest >= oldest:
                near = newest - self._together_ms
                age_s = max(0.0, (now_ms - newest) / SECOND_MS)
                found[part] = (median(v for t, v in _pairs(kept) if t >= near), age_s)
        return found

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {part: [[int(t), v] for t, v in _pairs(kept)] for part, kept in self._kept.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._kept = {part: array("d", chain.from_iterable(kept)) for part, kept in state.items()}

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._kept = {
            part: array("d", chain.from_iterable((shifted(t, by_ms), v) for t, v in _pairs(kept)))
            for part, kept in self._kept.items()
        }


def _pairs(kept: array[float]) -> Iterator[tuple[float, float]]:
    return zip(kept[::2], kept[1::2], strict=True)
