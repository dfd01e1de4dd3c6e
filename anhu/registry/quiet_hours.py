"""Hours in which a contact wants nothing that is not a call for help. Pure; the hours are those of the home's clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError

_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAYS_AHEAD = 2


def check_quiet_hours(begin: str, end: str) -> None:
    """Raise `FieldError` unless both are hours such as ``22:00``, or both are empty: never quiet."""
    for field, given in (("quiet_from", begin), ("quiet_until", end)):
        if (begin or end) and not _HOUR.fullmatch(given):
            expected = "an hour such as 22:00, both or none"
            raise FieldError(field, given, expected, zh="时间，如 22:00；开始与结束须同时填写或同时留空")
    if begin and begin == end:
        raise FieldError("quiet_until", end, "another hour than the beginning", zh="与开始不同的时间")


def quiet_until_ms(begin: str, end: str, zone: tzinfo, at_ms: int) -> int | None:
    """Return when the quiet hours end in which a moment lies; None outside of them. [ms].

    Where the clock is put forward over the end, they end with it; where it is put back, at the first of the two.
    """
    if not begin or not end:
        return None
    moment = datetime.fromtimestamp(at_ms / SECOND_MS, tz=zone)
    now = moment.strftime("%H:%M")
    is_quiet = begin <= now < end if begin < end else (now >= begin or now < end)
    if not is_quiet:
        return None
    hour, minute = (int(part) for part in end.split(":"))
    for ahead in range(_DAYS_AHEAD):
        day = (moment.replace(tzinfo=None) + timedelta(days=ahead)).replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
        ends_ms = round(day.replace(tzinfo=zone).timestamp() * SECOND_MS)
        if ends_ms > at_ms:
            return ends_ms
    return None
