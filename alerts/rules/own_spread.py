"""A limit that follows what a resident does: wide while two weeks are not known, then a quarter over the own spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alerts.rules.silence import Lesson, Silence

_DAYS = 14
_LEAST_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between which a limit may move; in the unit of what is learned.

    Attributes
    ----------
    least : float
        Never stricter than this.
    wide : float
        While fewer than seven days are known, unless something longer was seen.
    most : float
        Never wider than this: who needs help is found by then.
    over : float
        The limit is so much times what is usual. [1]
    """

    least: float
    wide: float
    most: float
    over: float = 1.25


class OwnSpread:
    """The longest of each of the last fourteen days: how long the resident stays out of bed, sits still, is away.

    What is usual is the longest that nobody was called for, or the second longest of all: one fall widens nothing, and
    whoever sits still for six hours each evening is called for once or twice, not each evening. While seven days are
    not known, the longest of all.

    Parameters
    ----------
    bounds : Bounds
        Of the limit.
    """

    __slots__ = ("_days", "_today", "_well", "_well_today", "bounds")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._days: list[float] = []
        self._well: list[float] = []
        """Of them only what nobody was called for."""
        self._today = self._well_today = 0.0

    def take(self, length: float, *, called: bool) -> None:
        """Take how long something lasted, and whether somebody was called for it."""
        self._today = max(self._today, round(length, 2))
        if not called:
            self._well_today = max(self._well_today, round(length, 2))

    def close_day(self) -> None:
        """End a day; without anything in it the longest is 0."""
        self._days = [*self._days, self._today][-_DAYS:]
        self._well = [*self._well, self._well_today][-_DAYS:]
        self._today = self._well_today = 0.0

    @property
    def limit(self) -> float:
        """From how long on it is told."""
        bounds = self.bounds
        least = max(bounds.wide, bounds.least) if self._is_learning else bounds.least
        return min(max(bounds.over * self._usual, least), bounds.most)

    @property
    def _is_learning(self) -> bool:
        return len(self._days) < _LEAST_DAYS

    @property
    def _usual(self) -> float:
        if self._is_learning:
            return max((self._today, *self._days))
        return max(sorted(self._days)[-2], self._well_today, *self._well)

    @property
    def silence(self) -> Silence:
        """Whether the limit is the resident's own, not known yet, or as wide as it may be."""
        if self._is_learning:
            return Silence.LEARNING
        return Silence.CANNOT_TELL if self.bounds.over * self._usual > self.bounds.most else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """How many days are known."""
        return Lesson(min(len(self._days), _LEAST_DAYS), _LEAST_DAYS, "days")

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self._today, self._well_today, list(self._days), list(self._well)]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self._today, self._well_today, days, well = state
        self._days, self._well = list(days), list(well)
