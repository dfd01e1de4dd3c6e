"""What "08:00" means on a day: the wall clock of the rota's zone, also on the days when that is set forward or back.

A time that comes twice (the clock is set back) is its first coming; one that does not come (set forward) is the instant
of the jump. So a later time of the wall is never an earlier instant, and shifts that meet on the wall always meet.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from anhu.contract.clock import SECOND_MS

DAY_MINUTES = 24 * 60


def instant_ms(day: date, minute: int, zone: ZoneInfo) -> int:
    """Return when the wall clock of a zone shows a minute of a day; 1440 is the midnight that ends it. [min, ms]."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall's, on purpose
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) != wall:
        return _jump_ms(wall, zone)
    return _ms(first)


def local_day(at_ms: int, zone: ZoneInfo) -> date:
    """Return which day the wall's calendar shows at an instant. [ms]."""
    return datetime.fromtimestamp(at_ms // SECOND_MS, tz=zone).date()


def _jump_ms(wall: datetime, zone: ZoneInfo) -> int:
    """Return the instant at which the clock jumped over a time; offsets change on whole seconds."""
    before, after = (_ms(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)) // SECOND_MS for fold in (1, 0))
    old = datetime.fromtimestamp(before, tz=zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, tz=zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after * SECOND_MS


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_MS
