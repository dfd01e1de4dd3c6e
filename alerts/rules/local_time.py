"""The resident's own day: where it begins, and what o'clock it is there. Pure."""

from __future__ import annotations

from anhu.contract.clock import DAY_MS, HOUR_MS, SECOND_MS


class LocalTime:
    """A clock that is the same all year, as China's is.

    Parameters
    ----------
    utc_offset_s : int
        Local minus UTC. [s]
    """

    __slots__ = ("_offset_ms",)

    def __init__(self, utc_offset_s: int) -> None:
        self._offset_ms = utc_offset_s * SECOND_MS

    def day(self, t_ms: int) -> int:
        """Return the number of the local day since 1970. [ms]."""
        return (t_ms + self._offset_ms) // DAY_MS

    def hour(self, t_ms: int) -> float:
        """Return the local time of day. [ms -> h]."""
        return ((t_ms + self._offset_ms) % DAY_MS) / HOUR_MS

    def at(self, day: int, hour: float) -> int:
        """Return the UTC time of a local time of day; an hour of 24 or more is in the next day. [h -> ms]."""
        return day * DAY_MS + round(hour * HOUR_MS) - self._offset_ms

    def next_at(self, t_ms: int, hour: float) -> int:
        """Return the next time that is strictly later and at this local time of day. [ms]."""
        at = self.at(self.day(t_ms), hour)
        return at if at > t_ms else at + DAY_MS


def within(hour: float, start_h: float, end_h: float) -> bool:
    """Tell whether a time of day is in a span that may cross midnight. [h]."""
    if start_h <= end_h:
        return start_h <= hour < end_h
    return hour >= start_h or hour < end_h
