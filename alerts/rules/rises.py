"""When a resident usually rises for the day: from the bed, and not back for three hours."""

from __future__ import annotations

from statistics import median

from alerts.rules.household import Recent
from alerts.rules.local_time import LocalTime
from anhu.contract.clock import HOUR_MS

_RISES, _LEAST_RISES = 14, 3
_UP_H = 3.0
_NOON_H = 12.0
_SOONER_H = 0.25


class Rises:
    """The last two weeks' times of rising; known after three.

    Parameters
    ----------
    clock : LocalTime
        The resident's.
    early_h : float
        Leaving bed less than this before the median is rising, and so is whatever is no earlier than the second
        earliest. [h]
    """

    __slots__ = ("_clock", "_early_h", "hours", "left_ms")

    def __init__(self, clock: LocalTime, early_h: float) -> None:
        self._clock = clock
        self._early_h = early_h
        self.hours = Recent(_RISES)
        self.left_ms = 0
        """When the bed was left; 0 once it is known whether that was rising. [ms]"""

    def seen(self, t_ms: int) -> None:
        """Take a sign of life elsewhere. [ms]."""
        if self.left_ms and t_ms - self.left_ms >= _UP_H * HOUR_MS:
            hour = self._clock.hour(self.left_ms)
            if hour < _NOON_H:
                self.hours.add(round(hour, 2))
            self.left_ms = 0

    def is_rising(self, t_ms: int) -> bool:
        """Tell whether this is about the time at which the person rises anyway. [ms]."""
        hour, known = self._clock.hour(t_ms), sorted(self.hours.values)
        if len(known) < _LEAST_RISES or hour > _NOON_H:
            return False
        return hour >= min(median(known) - self._early_h, known[1] - _SOONER_H)
