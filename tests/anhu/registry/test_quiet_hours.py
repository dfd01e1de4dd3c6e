"""Quiet hours: when they end, over midnight, over clocks that are put forward and back."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anhu.contract.errors import FieldError
from anhu.registry.quiet_hours import check_quiet_hours, quiet_until_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str, zone: str = "Asia/Shanghai") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("begin", "end", "moment", "ends"),
    [
        ("22:00", "07:00", "2026-11-23 23:30", "2026-11-24 07:00"),
        ("22:00", "07:00", "2026-11-24 00:00", "2026-11-24 07:00"),
        ("22:00", "07:00", "2026-11-24 06:59", "2026-11-24 07:00"),
        ("22:00", "07:00", "2026-11-24 07:00", None),
        ("22:00", "07:00", "2026-11-23 21:59", None),
        ("12:00", "14:00", "2026-11-23 13:00", "2026-11-23 14:00"),
        ("12:00", "14:00", "2026-11-23 14:00", None),
        ("22:00", "07:00", "2028-02-28 23:00", "2028-02-29 07:00"),
        ("", "", "2026-11-23 23:30", None),
    ],
)
def test_they_end_when_they_say(begin: str, end: str, moment: str, ends: str | None) -> None:
    assert quiet_until_ms(begin, end, SHANGHAI, at(moment)) == (at(ends) if ends else None)


HOURS = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.integers(0, 59))


@given(HOURS, HOURS, st.integers(1_700_000_000_000, 1_900_000_000_000))
def test_whatever_waits_waits_less_than_a_day_and_an_hour_and_then_goes(begin: str, end: str, now_ms: int) -> None:
    for name in ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns"):
        zone = ZoneInfo(name)
        ends_ms = quiet_until_ms(begin, end, zone, now_ms)
        if begin == end:
            continue
        if ends_ms is not None:
            assert now_ms < ends_ms <= now_ms + 25 * 3_600_000
            again_ms = quiet_until_ms(begin, end, zone, ends_ms)
            assert again_ms is None or again_ms - ends_ms <= 3_600_000, "a clock put forward or back, no more"


@pytest.mark.parametrize(("begin", "end"), [("22:00", ""), ("", "07:00"), ("24:00", "07:00"), ("7:00", "8:00")])
def test_what_is_no_hour_is_refused(begin: str, end: str) -> None:
    with pytest.raises(FieldError, match="22:00"):
        check_quiet_hours(begin, end)


def test_a_whole_day_is_not_quiet() -> None:
    with pytest.raises(FieldError, match="another hour"):
        check_quiet_hours("22:00", "22:00")
