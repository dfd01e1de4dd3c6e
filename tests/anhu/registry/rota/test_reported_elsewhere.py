"""What people reported of other systems' schedules, tried on this one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from anhu.contract.clock import DAY_MS
from anhu.registry.rota.duty import on_duty, stints
from anhu.registry.rota.model import Change
from anhu.registry.rota.on_call import on_call_of
from anhu.registry.rota.stretches import gaps
from tests.anhu.registry.rota.rotas import at, day_and_night, shift

YEAR_MS = 365 * DAY_MS


@pytest.mark.parametrize("name", ["Europe/London", "America/Chicago", "Australia/Lord_Howe", "Asia/Shanghai"])
def test_a_year_of_shifts_that_meet_has_no_gap_and_no_overlap(name: str) -> None:
    """A gap of one hour when summer time ends, an overlap when it begins."""
    zone = ZoneInfo(name)
    rota = replace(day_and_night(zone), shifts=(shift("guard", "09:00-09:00", "a", "b"),))
    begin = at("2026-01-05 09:00", zone)
    assert gaps(rota, begin, begin + YEAR_MS) == []
    drawn = stints(rota, date(2026, 1, 5), date(2026, 12, 31))
    assert all(one.end_ms == other.start_ms for one, other in pairwise(drawn))


def test_the_hours_do_not_move_when_summer_time_ends() -> None:
    """Set up for 08:30 in summer, and 07:30 in winter."""
    zone = ZoneInfo("Europe/London")
    rota = replace(day_and_night(zone), shifts=(shift("day", "08:30-17:30", "a"),))
    for day in ("2026-07-01", "2026-12-01"):
        assert not on_duty(rota, at(f"{day} 08:29", zone))
        assert on_duty(rota, at(f"{day} 08:30", zone))
        assert not on_duty(rota, at(f"{day} 17:30", zone))


def test_a_rotation_of_two_weeks_is_one_of_two_weeks() -> None:
    """Rotations by two weeks turn after one; who had Friday has Monday."""
    rota = replace(day_and_night(), shifts=(shift("day", "09:00-19:00", "a", "a", "b", "b", days="12345"),))
    fridays = [on_duty(rota, at(f"2026-{day} 12:00"))[0].user_id for day in ("12-04", "12-11", "12-18", "12-25")]
    mondays = [on_duty(rota, at(f"2026-{day} 12:00"))[0].user_id for day in ("11-30", "12-07", "12-14", "12-21")]
    assert fridays == mondays == ["a", "a", "b", "b"]


def test_a_rotation_that_starts_in_the_middle_of_a_week_turns_seven_days_later() -> None:
    rota = replace(day_and_night(), shifts=(shift("day", "09:00-19:00", "a", "b", anchor=date(2026, 12, 2)),))
    assert [on_duty(rota, at(f"2026-12-0{day} 12:00"))[0].user_id for day in (1, 2, 8, 9)] == ["b", "a", "a", "b"]


def test_a_swap_moves_with_the_hours_of_its_shift() -> None:
    """A shift is moved by an hour, and the accepted swap stays behind."""
    swapped = Change(shift_id="day", day=date(2026, 12, 1), since_ms=0, out_id="a", in_id="d")
    rota = replace(day_and_night(), changes=(swapped,), shifts=(shift("day", "07:00-19:00", "a b"),))
    assert [turn.user_id for turn in on_duty(rota, at("2026-12-01 07:30"))] == ["d", "b"]
    assert not on_duty(rota, at("2026-12-01 19:30"))


def test_who_is_deleted_after_a_swap_is_a_gap_and_can_be_replaced() -> None:
    """The override still exists, notifies nobody, and cannot be deleted, for it has begun."""
    swapped = Change(shift_id="day", day=date(2026, 12, 1), since_ms=0, crew=("gone",))
    rota = replace(day_and_night(), changes=(swapped,))
    noon = at("2026-12-01 12:00")
    assert on_call_of(rota, noon).is_gap
    assert on_call_of(rota, noon).members == ("a", "b", "c", "d")
    mended = replace(rota, changes=(swapped, Change(shift_id="day", day=date(2026, 12, 1), since_ms=noon, crew=("c",))))
    assert on_call_of(mended, noon).members == ("c",)


def test_a_gap_that_is_over_is_not_complained_of() -> None:
    """Made at 10:00, a rota is reported as unassigned at 04:00."""
    rota = replace(day_and_night(), shifts=(shift("all", "10:00-10:00", "a", from_day=date(2026, 12, 1)),))
    assert gaps(rota, at("2026-12-01 10:00"), at("2026-12-15 10:00")) == []


def test_one_who_is_moved_to_another_place_takes_no_shift_along() -> None:
    """Past users are still shown, and notified."""
    rota = replace(day_and_night(), members=("b", "c", "d"))
    assert [turn.user_id for turn in on_duty(rota, at("2026-12-01 12:00"))] == ["b"]
