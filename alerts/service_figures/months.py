"""Months of a place's calendar. Pure."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError

_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


def span_of(month: str, zone: tzinfo) -> tuple[int, int]:
    """Return when a month begins, and when the next one does. Raises `FieldError`. [ms]."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise FieldError("month", month, "a month such as 2026-11", zh="月份，如 2026-11")
    year, number = int(found[1]), int(found[2])
    after = (year + number // 12, number % 12 + 1)
    begins, ends = (datetime(*day, 1, tzinfo=zone).timestamp() for day in ((year, number), after))
    return round(begins * SECOND_MS), round(ends * SECOND_MS)


def month_of(time_ms: int, zone: tzinfo) -> str:
    """Return the month of a moment. [ms]."""
    return f"{datetime.fromtimestamp(time_ms / SECOND_MS, tz=zone):%Y-%m}"


def before(month: str, zone: tzinfo) -> str:
    """Return the month before. Raises `FieldError`."""
    begins_ms, _ = span_of(month, zone)
    return month_of(begins_ms - 1, zone)
