"""Whom a page speaks to: sentences in their language, times on their clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, to_rfc3339
from anhu.contract.words import text

PREFIX = "web."


@dataclass(frozen=True)
class Reader:
    """Somebody who reads one language, in one time zone, at one moment.

    Parameters
    ----------
    language : str
        ``zh-CN`` or ``en``.
    zone : ZoneInfo
        Whose clock the times are shown on.
    now_ms : int
        The present, for "today" and "3 min ago". [ms]
    """

    language: str
    zone: ZoneInfo
    now_ms: int

    def at(self, zone: str) -> Self:
        """Return the same reader looking at another clock; empty for the same one."""
        return replace(self, zone=ZoneInfo(zone)) if zone else self

    def t(self, key: str, **values: object) -> str:
        """Return a sentence of the pages' part of the catalogue; the key leaves the ``web.`` out."""
        return text(PREFIX + key, self.language, **values)

    @property
    def zone_short(self) -> str:
        """How far the clock is from UTC now, as ``UTC+8``."""
        offset = self._local(self.now_ms).utcoffset() or timedelta()
        minutes = round(offset.total_seconds() / 60)
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")

    @property
    def zone_text(self) -> str:
        """Whose clock it is, as ``Asia/Shanghai (UTC+8)``."""
        return f"{self.zone.key} ({self.zone_short})"

    def clock(self, time_ms: int) -> str:
        """Return ``11:32:05``."""
        return f"{self._local(time_ms):%H:%M:%S}"

    def date(self, time_ms: int) -> str:
        """Return the day and month."""
        local = self._local(time_ms)
        name = self.t("time.months").split()[local.month - 1]
        return self.t("time.date", month=local.month, day=local.day, name=name)

    def moment(self, time_ms: int) -> str:
        """Return the time of today, or the date with hour and minute of another day."""
        local, now = self._local(time_ms), self._local(self.now_ms)
        if local.date() == now.date():
            return f"{local:%H:%M:%S}"
        year = "" if local.year == now.year else f"{local.year} "
        return f"{year}{self.date(time_ms)} {local:%H:%M}"

    def ago(self, time_ms: int) -> str:
        """Return how long ago it was, roughly."""
        age = self.now_ms - time_ms
        if age < MINUTE_MS:
            return self.t("time.just_now")
        if age < HOUR_MS:
            return self.t("time.minutes_ago", count=age // MINUTE_MS)
        if age < 2 * DAY_MS:
            return self.t("time.hours_ago", count=age // HOUR_MS)
        return self.t("time.days_ago", count=age // DAY_MS)

    @staticmethod
    def iso(time_ms: int) -> str:
        """Return the machine-readable form of a time."""
        return to_rfc3339(time_ms)

    @staticmethod
    def duration(length_ms: int) -> str:
        """Return ``0:42``, ``12:05`` or ``3:07:00``."""
        seconds = max(length_ms, 0) // 1_000
        hours, minutes = seconds // 3_600, seconds // 60 % 60
        tail = f"{seconds % 60:02d}"
        return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"

    def start_of_today_ms(self) -> int:
        """Return the reader's last midnight. [ms]."""
        midnight = self._local(self.now_ms).replace(hour=0, minute=0, second=0, microsecond=0)
        return round(midnight.timestamp() * 1_000)

    def _local(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms / 1_000, tz=self.zone)
