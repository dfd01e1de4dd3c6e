"""The resident's own day: where it begins, and what o'clock it is there. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS

_FIRST = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_QUARTER_MS = 15 * MINUTE_MS
_KEPT = 4_096


class LocalTime:
    """The clock on the resident's wall, which may be set forward and back: a day has 23, 24 or 25 hours.

    Parameters
    ----------
    time_zone : str
        IANA name, as ``Asia/Shanghai``.
    """

    __slots__ = ("time_zone",)

    def __init__(self, time_zone: str) -> None:
        self.time_zone = time_zone

    @staticmethod
    @lru_cache(maxsize=_KEPT)
    def of(time_zone: str) -> LocalTime:
        """Return the clock of all who live by it."""
        return LocalTime(time_zone)

    def day(self, t_ms: int) -> int:
        """Return the number of the local day since 1970. [ms]."""
        return (t_ms + _offset_ms(self.time_zone, t_ms // _QUARTER_MS)) // DAY_MS

    def hour(self, t_ms: int) -> float:
        """Return the local time of day, as the wall clock shows it. [ms -> h]."""
        return (t_ms + _offset_ms(self.time_zone, t_ms // _QUARTER_MS)) % DAY_MS / HOUR_MS

    def at(self, day: int, hour: float) -> int:
        """Return the UTC time of a local time of day; an hour of 24 or more is in the next day. [h -> ms].

        Of an hour that is there twice the first one; one that is left out is as long after midnight as it says.
        """
        return _utc_ms(self.time_zone, day, round(hour * HOUR_MS))

    def next_at(self, t_ms: int, hour: float) -> int:
        """Return the next time that is strictly later and at this local time of day. [ms]."""
        day = self.day(t_ms)
        at = self.at(day, hour)
        return at if at > t_ms else self.at(day + 1, hour)


@lru_cache(maxsize=_KEPT)
def _offset_ms(time_zone: str, quarter: int) -> int:
    """Return local minus UTC in a quarter of an hour: nowhere is a clock set in the middle of one. [ms]."""
    at = datetime.fromtimestamp(quarter * _QUARTER_MS / 1_000, ZoneInfo(time_zone))
    return round((at.utcoffset() or timedelta()) / _MS)


@lru_cache(maxsize=_KEPT)
def _utc_ms(time_zone: str, day: int, since_midnight_ms: int) -> int:
    wall = datetime.combine(_FIRST, time()) + timedelta(days=day, milliseconds=since_midnight_ms)
    return round((wall.replace(tzinfo=ZoneInfo(time_zone)) - _EPOCH) / _MS)


def within(hour: float, start_h: float, end_h: float) -> bool:
    """Tell whether a time of day is in a span that may cross midnight. [h]."""
    if start_h <= end_h:
        return start_h <= hour < end_h
    return hour >= start_h or hour < end_h
