"""Small rotas for tests, and the instants of wall clocks."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from anhu.registry.rota.model import Rota, Shift

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 30)


def at(wall: str, zone: ZoneInfo = SHANGHAI, *, fold: int = 0) -> int:
    return int(datetime.fromisoformat(wall).replace(tzinfo=zone, fold=fold).timestamp()) * 1000


def shift(
    name: str,
    hours: str,
    *crews: str,
    days: str = "1234567",
    anchor: date = MONDAY,
    from_day: date | None = None,
    until_day: date | None = None,
) -> Shift:
    """Make a shift: ``shift("night", "20:00-08:00", "a b", "c")`` has two weeks of crews."""
    start, _, end = hours.partition("-")
    return Shift(
        id=name,
        name=name,
        days=days,
        start_minute=minute(start),
        end_minute=minute(end),
        crews=tuple(tuple(crew.split()) for crew in crews),
        anchor=anchor,
        from_day=from_day,
        until_day=until_day,
    )


def minute(wall: str) -> int:
    hour, _, rest = wall.partition(":")
    return int(hour) * 60 + int(rest)


def day_and_night(zone: ZoneInfo = SHANGHAI, members: str = "a b c d") -> Rota:
    return Rota(
        zone=zone,
        members=tuple(members.split()),
        shifts=(shift("day", "08:00-20:00", "a b"), shift("night", "20:00-08:00", "c d")),
    )
