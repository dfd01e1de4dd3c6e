"""Days of 23, 24 and 25 hours, by the clock of the place."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.rules.local_time import LocalTime
from alerts.rules.waking_day import WakingDay
from anhu.contract.clock import HOUR_MS

PLACES = ("Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize("zone", PLACES)
def test_a_year_of_hours_says_what_the_wall_clock_says(zone: str) -> None:
    clock = LocalTime(zone)
    for hour in range(0, 366 * 24, 1):
        t = utc("2026-01-01T00:30:00") + hour * HOUR_MS
        wall = datetime.fromtimestamp(t / 1_000, ZoneInfo(zone))
        assert clock.hour(t) == pytest.approx(wall.hour + wall.minute / 60)
        assert clock.day(t) == (wall.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
        following = clock.next_at(t, 22)
        assert t < following <= t + 25 * HOUR_MS
        assert clock.hour(following) == 22


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T12:00", 23),
        ("Europe/Berlin", "2026-10-25T12:00", 25),
        ("Australia/Lord_Howe", "2026-10-04T02:00", 23.5),
        ("Australia/Lord_Howe", "2026-04-05T02:00", 24.5),
        ("Asia/Shanghai", "2026-03-29T12:00", 24),
    ],
)
def test_a_day_is_as_long_as_it_is(zone: str, start: str, hours: float) -> None:
    clock = LocalTime(zone)
    day = clock.day(utc(f"{start}:00"))
    assert clock.at(day + 1, 0) - clock.at(day, 0) == hours * HOUR_MS


def test_an_hour_that_is_left_out_or_there_twice_comes_once() -> None:
    clock = LocalTime("Europe/Berlin")
    spring, autumn = clock.day(utc("2026-03-29T12:00:00")), clock.day(utc("2026-10-25T12:00:00"))
    assert clock.at(spring, 2.5) == utc("2026-03-29T01:30:00")
    assert clock.at(autumn, 2.5) == utc("2026-10-25T00:30:00")
    assert clock.next_at(clock.at(autumn, 2.5), 2.5) == clock.at(autumn + 1, 2.5)


def test_who_lives_by_beijing_time_in_the_west_is_two_hours_ahead_of_who_does_not() -> None:
    t = utc("2026-11-01T15:20:00")
    assert LocalTime("Asia/Shanghai").hour(t) == pytest.approx(23 + 1 / 3)
    assert LocalTime("Asia/Urumqi").hour(t) == pytest.approx(21 + 1 / 3)


def test_waking_hours_are_counted_over_a_change_of_the_clock() -> None:
    clock = LocalTime("Europe/Berlin")
    start = utc("2026-03-28T20:00:00")  # 21:00, the night before
    waking = WakingDay(clock)
    end = waking.after(start, 2)
    assert end == utc("2026-03-29T06:00:00")  # one hour in the evening, one from seven o'clock in summer
    assert waking.between(start, end) == 2
