from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from anhu.registry.rota.duty import on_duty, stints
from anhu.registry.rota.model import Change, Covers, Leave, Rota
from anhu.registry.rota.on_call import Because, on_call_of
from anhu.registry.rota.stretches import GapKind, gaps
from anhu.registry.rota.workdays import china
from tests.anhu.registry.rota.rotas import MONDAY, SHANGHAI, at, day_and_night, shift

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
BERLIN = ZONES[1]
USERS = "abcdef"
_HOUR_MS = 3_600_000


def who(rota: Rota, wall: str, zone: ZoneInfo = SHANGHAI, *, fold: int = 0) -> str:
    return " ".join(turn.user_id for turn in on_duty(rota, at(wall, zone, fold=fold)))


def test_a_shift_has_its_start_and_not_its_end() -> None:
    rota = day_and_night()
    assert who(rota, "2026-12-01 07:59:59") == "c d"
    assert who(rota, "2026-12-01 08:00") == "a b"
    assert who(rota, "2026-12-01 19:59:59") == "a b"
    assert who(rota, "2026-12-01 20:00") == "c d"
    assert who(rota, "2026-12-02 00:00") == "c d"


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    rota = replace(day_and_night(), shifts=(shift("night", "22:00-06:00", "a", days="7"),))
    assert who(rota, "2026-11-29 23:00") == "a"
    assert who(rota, "2026-11-30 05:59") == "a"
    assert who(rota, "2026-11-29 05:59") == ""
    assert who(rota, "2026-11-30 22:00") == ""


def test_a_shift_that_ends_where_it_starts_lasts_a_day() -> None:
    rota = replace(day_and_night(), shifts=(shift("guard", "08:00-08:00", "a", days="1"),))
    assert who(rota, "2026-11-30 07:59") == ""
    assert who(rota, "2026-11-30 08:00") == "a"
    assert who(rota, "2026-12-01 07:59") == "a"
    assert who(rota, "2026-12-01 08:00") == ""


def test_weeks_take_turns_from_the_anchor_in_both_directions() -> None:
    rota = replace(day_and_night(), shifts=(shift("day", "08:00-20:00", "a", "b", "c"),))
    weeks = [who(rota, f"{MONDAY + timedelta(weeks=n)} 12:00") for n in range(-3, 4)]
    assert weeks == ["a", "b", "c", "a", "b", "c", "a"]


def test_a_cycle_turns_on_the_weekday_of_its_anchor() -> None:
    rota = replace(day_and_night(), shifts=(shift("day", "08:00-20:00", "a", "b", anchor=date(2026, 11, 29)),))
    assert [who(rota, f"2026-{day} 12:00") for day in ("11-28", "11-29", "12-05", "12-06")] == ["b", "a", "a", "b"]


def test_week_53_and_the_turn_of_the_year_do_not_break_a_cycle() -> None:
    rota = replace(day_and_night(), shifts=(shift("day", "08:00-20:00", "a", "b"),))
    assert date(2026, 12, 31).isocalendar().week == 53
    days = [MONDAY + timedelta(days=n) for n in range(70)]
    assert [who(rota, f"{day} 12:00") for day in days] == [user for n in range(10) for user in "ab"[n % 2] * 7]


def test_the_leap_day_is_a_day() -> None:
    rota = replace(day_and_night(), shifts=(shift("day", "08:00-20:00", "a", days="2"),))
    assert who(rota, "2028-02-29 12:00") == "a"


def test_overlapping_shifts_add_up_firsts_before_seconds_and_nobody_twice() -> None:
    rota = replace(
        day_and_night(), shifts=(shift("nurse", "08:00-20:00", "a b"), shift("doctor", "09:00-12:00", "c a d"))
    )
    assert who(rota, "2026-12-01 08:30") == "a b"
    assert who(rota, "2026-12-01 10:00") == "a c b d"


def test_shifts_on_workdays_follow_the_notices_and_not_the_weekday() -> None:
    rota = replace(
        day_and_night(),
        workdays=china(),
        shifts=(shift("work", "08:00-18:00", "a", days="work"), shift("rest", "08:00-18:00", "b", days="rest")),
    )
    assert who(rota, "2026-10-08 12:00") == "a"
    assert who(rota, "2026-10-07 12:00") == "b"  # a Wednesday
    assert who(rota, "2026-10-10 12:00") == "a"  # a Saturday, worked
    assert who(rota, "2026-10-11 12:00") == "b"
    assert who(rota, "2027-10-01 12:00") == "a"  # no notice yet: a Friday


def test_the_second_moves_up_when_the_first_is_on_leave() -> None:
    rota = replace(day_and_night(), leaves=(Leave("a", date(2026, 12, 1), date(2026, 12, 2)),))
    turns = on_duty(rota, at("2026-12-01 12:00"))
    assert [(turn.user_id, turn.place) for turn in turns] == [("b", 1)]
    assert who(rota, "2026-11-30 19:59") == "a b"
    assert who(rota, "2026-12-03 08:00") == "a b"


def test_leave_begins_and_ends_at_midnight_in_the_middle_of_a_night() -> None:
    rota = replace(day_and_night(), leaves=(Leave("c", date(2026, 12, 1), date(2026, 12, 1)),))
    assert who(rota, "2026-11-30 23:59") == "c d"
    assert who(rota, "2026-12-01 00:00") == "d"
    assert who(rota, "2026-12-01 23:59") == "d"
    assert who(rota, "2026-12-02 00:00") == "c d"


def test_a_change_counts_from_when_it_was_made_and_for_one_day() -> None:
    made = at("2026-12-01 10:00")
    rota = replace(
        day_and_night(), changes=(Change(shift_id="day", day=date(2026, 12, 1), since_ms=made, crew=("d", "c")),)
    )
    assert who(rota, "2026-12-01 09:59") == "a b"
    assert who(rota, "2026-12-01 10:00") == "d c"
    assert who(rota, "2026-12-01 20:00") == "c d"
    assert who(rota, "2026-12-02 10:00") == "a b"


def test_a_swap_exchanges_one_member_and_keeps_the_place() -> None:
    rota = replace(
        day_and_night(), changes=(Change(shift_id="day", day=date(2026, 12, 1), since_ms=0, out_id="a", in_id="d"),)
    )
    assert who(rota, "2026-12-01 12:00") == "d b"


def test_the_night_on_which_the_clock_is_set_back_is_longer_and_seamless() -> None:
    rota = day_and_night(BERLIN)  # 25 October 2026, 03:00 -> 02:00
    night = next(one for one in stints(rota, date(2026, 10, 24), date(2026, 10, 24)) if one.shift.id == "night")
    assert night.end_ms - night.start_ms == 13 * _HOUR_MS
    assert who(rota, "2026-10-25 02:30", BERLIN, fold=0) == who(rota, "2026-10-25 02:30", BERLIN, fold=1) == "c d"


def test_a_boundary_in_the_hour_that_comes_twice_is_its_first_coming() -> None:
    rota = replace(day_and_night(BERLIN), shifts=(shift("x", "20:00-02:30", "a"), shift("y", "02:30-20:00", "b")))
    assert who(rota, "2026-10-25 02:29", BERLIN, fold=0) == "a"
    assert who(rota, "2026-10-25 02:30", BERLIN, fold=0) == "b"
    assert who(rota, "2026-10-25 02:10", BERLIN, fold=1) == "b"


def test_a_boundary_in_the_hour_that_does_not_come_is_the_jump() -> None:
    rota = replace(day_and_night(BERLIN), shifts=(shift("x", "20:00-02:30", "a"), shift("y", "02:30-20:00", "b")))
    assert who(rota, "2026-03-29 01:59:59", BERLIN) == "a"
    assert who(rota, "2026-03-29 03:00", BERLIN) == "b"


def test_a_shift_inside_the_hour_that_does_not_come_does_not_take_place() -> None:
    rota = replace(day_and_night(BERLIN), shifts=(shift("x", "02:10-02:50", "a"),))
    assert stints(rota, date(2026, 3, 29), date(2026, 3, 29)) == []
    assert len(stints(rota, date(2026, 3, 30), date(2026, 3, 30))) == 1


def test_lord_howe_sets_its_clock_by_half_an_hour() -> None:
    zone = ZONES[3]
    rota = day_and_night(zone)
    lengths = {
        day: next(one.end_ms - one.start_ms for one in stints(rota, day, day) if one.shift.id == "night") / _HOUR_MS
        for day in (date(2026, 4, 4), date(2026, 10, 3), date(2026, 10, 10))
    }
    assert lengths == {date(2026, 4, 4): 12.5, date(2026, 10, 3): 11.5, date(2026, 10, 10): 12.0}


def test_without_a_rota_everybody_is_on_call() -> None:
    found = on_call_of(Rota(zone=SHANGHAI, members=("a", "b")), at("2026-12-01 12:00"))
    assert (found.members, found.because, found.is_gap) == (("a", "b"), Because.NO_ROTA, False)


def test_in_a_gap_everybody_who_is_not_on_leave_is_on_call() -> None:
    rota = replace(
        day_and_night(),
        shifts=(shift("day", "08:00-20:00", "a"),),
        leaves=(Leave("b", date(2026, 12, 1), date(2026, 12, 1)),),
    )
    found = on_call_of(rota, at("2026-12-01 21:00"))
    assert (found.members, found.because, found.is_gap) == (("a", "c", "d"), Because.GAP, True)


def test_when_all_are_on_leave_all_are_called_all_the_same() -> None:
    leaves = tuple(Leave(one, date(2026, 12, 1), date(2026, 12, 1)) for one in "abcd")
    found = on_call_of(replace(day_and_night(), leaves=leaves), at("2026-12-01 12:00"))
    assert (found.members, found.is_gap) == (("a", "b", "c", "d"), True)


def test_an_owner_without_anybody_is_a_gap_even_without_a_rota() -> None:
    found = on_call_of(Rota(zone=SHANGHAI, members=()), at("2026-12-01 12:00"))
    assert (found.members, found.is_gap) == ((), True)


def test_a_team_with_office_hours_has_no_gap_at_night_and_is_called_as_a_whole() -> None:
    rota = replace(day_and_night(), covers=Covers.SHIFTS, shifts=(shift("day", "08:00-18:00", "a", days="12345"),))
    found = on_call_of(rota, at("2026-12-01 03:00"))
    assert (found.members, found.because, found.is_gap) == (("a", "b", "c", "d"), Because.OFF_HOURS, False)
    assert gaps(rota, at("2026-11-30 00:00"), at("2026-12-14 00:00")) == []


def test_a_disabled_member_makes_a_gap_that_says_who_is_missing() -> None:
    rota = replace(day_and_night(members="a b"), shifts=day_and_night().shifts)
    found = gaps(rota, at("2026-12-01 08:00"), at("2026-12-02 08:00"))
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in found] == [
        (GapKind.NOBODY, at("2026-12-01 20:00"), at("2026-12-02 08:00"))
    ]
    assert [(one.user_id, one.why) for one in found[0].absent] == [("c", "gone"), ("d", "gone")]


def test_a_shift_without_anybody_beside_one_with_somebody_is_told_too() -> None:
    rota = replace(
        day_and_night(),
        shifts=(shift("nurse", "00:00-00:00", "a"), shift("doctor", "09:00-12:00", "c")),
        leaves=(Leave("c", date(2026, 12, 1), date(2026, 12, 1)),),
    )
    found = gaps(rota, at("2026-12-01 00:00"), at("2026-12-02 00:00"))
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in found] == [
        (GapKind.SHIFT, at("2026-12-01 09:00"), at("2026-12-01 12:00"))
    ]
