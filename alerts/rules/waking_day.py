"""The resident's own waking day: from when to when life is seen, learned from two weeks; night owls have another."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from alerts.rules.local_time import LocalTime
from anhu.contract.clock import HOUR_MS

_DAWN_H = 4.0
_DAYS, _LEAST_DAYS = 14, 7
_USUAL_H = (7.0, 22.0)
_LATEST_FROM_H, _EARLIEST_UNTIL_H = 11.0, 20.0


class WakingDay:
    """Days run from four to four; an hour of 24 or more is after midnight.

    Parameters
    ----------
    clock : LocalTime
        The resident's.
    """

    __slots__ = ("_clock", "_first_h", "_firsts", "_last_h", "_lasts", "day")

    def __init__(self, clock: LocalTime) -> None:
        self._clock = clock
        self._firsts: list[float] = []
        self._lasts: list[float] = []
        self.day = 0
        """The present day's number; 0 before the first sign of life."""
        self._first_h = self._last_h = 0.0

    def seen(self, t_ms: int) -> bool:
        """Note a sign of life, not before the last one; tell whether it is the first of a new day. [ms]."""
        day = self._clock.day(t_ms - round(_DAWN_H * HOUR_MS))
        hour = self._clock.hour(t_ms) + (24.0 if self._clock.day(t_ms) > day else 0.0)
        is_new = day > self.day
        if is_new:
            if self.day:
                self._firsts, self._lasts = (
                    [*kept, round(one, 2)][-_DAYS:]
                    for kept, one in ((self._firsts, self._first_h), (self._lasts, self._last_h))
                )
            self.day, self._first_h = day, hour
        self._last_h = hour
        return is_new

    @property
    def hours(self) -> tuple[float, float]:
        """From when to when, local time; 7 to 22 while a week is not known. [h]."""
        if len(self._firsts) < _LEAST_DAYS:
            return _USUAL_H
        return min(median(self._firsts), _LATEST_FROM_H), max(median(self._lasts), _EARLIEST_UNTIL_H)

    def after(self, start_ms: int, hours: float) -> int:
        """Return when so many of the waking hours have passed since a start; the nights do not count. [ms, h]."""
        left_ms = round(hours * HOUR_MS)
        from_h, until_h = self.hours
        day = self._clock.day(start_ms) - 1
        while True:
            at, end = max(start_ms, self._clock.at(day, from_h)), self._clock.at(day, until_h)
            if at < end:
                if left_ms <= end - at:
                    return at + left_ms
                left_ms -= end - at
            day += 1

    def between(self, start_ms: int, end_ms: int) -> float:
        """Return how many of the waking hours lie between two times. [ms -> h]."""
        from_h, until_h = self.hours
        total = 0
        for day in range(self._clock.day(start_ms) - 1, self._clock.day(end_ms) + 1):
            total += max(0, min(end_ms, self._clock.at(day, until_h)) - max(start_ms, self._clock.at(day, from_h)))
        return total / HOUR_MS

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self.day, self._first_h, self._last_h, list(self._firsts), list(self._lasts)]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self.day, self._first_h, self._last_h, firsts, lasts = state
        self._firsts, self._lasts = list(firsts), list(lasts)
