"""The last readings of several quantities, and how fresh they are: what a score over many devices is made of."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from statistics import median
from typing import Any

from alerts.rules.one_of import one_of
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS

_KEPT = 5
_ROOM = 2 * _KEPT
_NEVER = float("-inf")
_NO_READING = array("d")
_EMPTY = array("d", (_NEVER, 0.0) * _KEPT)
NONE: frozenset[str] = frozenset()
"""No part: the same object for all whose values are healthy."""


class RecentReadings:
    """Part -> time and value of its last five readings.

    Parameters
    ----------
    oldest_s : float
        A part whose newest reading is older is missing. [s]
    together_s : float
        Readings this close to the newest count with it, by their median, so that one spike changes nothing. [s]
    """

    __slots__ = ("_kept", "_oldest_ms", "_parts", "_together_ms")

    def __init__(self, *, oldest_s: float, together_s: float) -> None:
        self._oldest_ms = oldest_s * SECOND_MS
        self._together_ms = together_s * SECOND_MS
        self._parts: tuple[str, ...] = ()
        self._kept = _NO_READING
        """Times and values in turns, the same room for each part, its newest last: one block for all of a resident."""

    def remember(self, part: str, t_ms: int, value: float) -> bool:
        """Take a reading; return False for one older than the newest, of another device. [ms]."""
        if part not in self._parts:
            self._parts, self._kept = one_of((*self._parts, part)), self._kept + _EMPTY
        kept, end = self._kept, (self._parts.index(part) + 1) * _ROOM
        if t_ms < kept[end - 2]:
            return False
        kept[end - _ROOM : end - 2] = kept[end - _ROOM + 2 : end]
        kept[end - 2], kept[end - 1] = t_ms, value
        return True

    def _of(self, part: str) -> array[float]:
        """Return times and values of a part in turns."""
        at = self._parts.index(part) * _ROOM
        kept = self._kept[at : at + _ROOM]
        return kept[2 * kept[::2].count(_NEVER) :]

    def values(self, part: str) -> array[float]:
        """Return all values of a part that are kept, however old."""
        return self._of(part)[1::2]

    def outside(self, ranges: Mapping[str, tuple[float, float]]) -> frozenset[str]:
        """Return the parts of which a value that is kept does not lie strictly inside the part's range."""
        ends = ((part, ranges[part]) for part in self._parts)
        found = [part for part, (low, high) in ends if not all(low < v < high for v in self.values(part))]
        return frozenset(found) if found else NONE

    def fresh(self, now_ms: int) -> dict[str, tuple[float, float]]:
        """Return part -> (value, age in seconds) of what is not too old. [ms]."""
        oldest = now_ms - self._oldest_ms
        found = {}
        for part in self._parts:
            kept = self._of(part)
            newest = kept[-2]
            if newest >= oldest:
                near = newest - self._together_ms
                age_s = max(0.0, (now_ms - newest) / SECOND_MS)
                found[part] = (median(v for t, v in _pairs(kept) if t >= near), age_s)
        return found

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {part: [[int(t), v] for t, v in _pairs(self._of(part))] for part in self._parts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._keep({part: [(t, v) for t, v in pairs] for part, pairs in state.items()})

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._keep({part: [(shifted(t, by_ms), v) for t, v in _pairs(self._of(part))] for part in self._parts})

    def _keep(self, pairs: Mapping[str, Sequence[tuple[float, float]]]) -> None:
        self._parts, kept = one_of(tuple(pairs)), array("d")
        for some in pairs.values():
            kept += _EMPTY[2 * len(some) :]
            kept.extend(chain.from_iterable(some))
        self._kept = kept[:]


def _pairs(kept: array[float]) -> Iterator[tuple[float, float]]:
    return zip(kept[::2], kept[1::2], strict=True)
