"""How fast a resident's heart usually is: a histogram of a week, a value each five minutes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS

_EVERY_MS = 5 * MINUTE_MS
_LOWEST_BPM, _BIN_BPM, _BINS = 20.0, 2.0, 110
_WEEK = 2_016
_DAY_MS = 22 * HOUR_MS
_DAY = 180
"""Values of a day, a quarter of them lost."""
_HOUR = 12
_NOTHING = array("H")  # shared: who counts something makes room first


class OwnRate:
    """Counts by 2 /min; halved each week, so that what was usual a month ago counts little.

    Only what lies between the slowest and the fastest rate is kept: two bytes a count.
    """

    __slots__ = ("_counts", "_first", "_first_ms", "_last_ms", "n")

    def __init__(self) -> None:
        self._counts = _NOTHING
        self._first = 0
        self._first_ms = 0
        self._last_ms = 0
        self.n = 0
        """How many values count."""

    def note(self, t_ms: int, bpm: float) -> None:
        """Take a minute's value. [ms]."""
        if t_ms - self._last_ms < _EVERY_MS:
            return
        self._last_ms = t_ms
        self._first_ms = self._first_ms or t_ms
        at = min(max(int((bpm - _LOWEST_BPM) / _BIN_BPM), 0), _BINS - 1)
        if not 0 <= at - self._first < len(self._counts):
            self._reach(at)
        self._counts[at - self._first] += 1
        self.n += 1
        if self.n >= _WEEK:
            self._counts = array("H", [count // 2 for count in self._counts])
            self.n = sum(self._counts)

    def _reach(self, at: int) -> None:
        """Make room for a rate that is slower or faster than all before."""
        if not self._counts:
            self._first = at
        first = min(at, self._first)
        counts = array("H", bytes(2 * (max(at + 1, self._first + len(self._counts)) - first)))
        counts[self._first - first : self._first - first + len(self._counts)] = self._counts
        self._first, self._counts = first, counts

    @property
    def knows_an_hour(self) -> bool:
        """Whether an hour is known."""
        return self.n >= _HOUR

    @property
    def knows_a_day(self) -> bool:
        """Whether a day with its night is known."""
        return self.n >= _DAY and self._last_ms - self._first_ms >= _DAY_MS

    def quantile(self, share: float) -> float:
        """Return the rate that this share of the time is at or below; the middle of its bin. [/min]."""
        wanted = share * self.n
        if wanted <= 0:
            return _LOWEST_BPM + 0.5 * _BIN_BPM
        reached = (i for i, n in enumerate(accumulate(self._counts), self._first) if n >= wanted)
        return _LOWEST_BPM + (next(reached, _BINS - 1) + 0.5) * _BIN_BPM

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        counted = [i for i, n in enumerate(self._counts) if n]
        if not counted:
            return [self._first_ms, self._last_ms, self.n, 0, []]
        first, last = counted[0], counted[-1] + 1
        return [self._first_ms, self._last_ms, self.n, self._first + first, self._counts[first:last].tolist()]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self._first_ms, self._last_ms, self.n, self._first, counts = state
        self._counts = array("H", counts)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._first_ms = shifted(self._first_ms, by_ms)
        self._last_ms = shifted(self._last_ms, by_ms)
