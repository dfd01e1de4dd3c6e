"""Chapter 5: the rota."""

from __future__ import annotations

import pytest

from anhu.registry.tables import Centre
from tests.scenarios.people import set_contacts
from tests.scenarios.roster import accept, ask_to_swap, disable, give_shift, go_on_leave
from tests.scenarios.town import Town

DAY, NIGHT = "08:00-20:00", "20:00-08:00"


@pytest.fixture
def shifts(town: Town) -> Town:
    """An operator by day, a colleague by night, and a chief who has no shift."""
    town.given(operator="SMS", colleague="webhook", chief="WeCom")
    give_shift(town, DAY, "operator")
    give_shift(town, NIGHT, "colleague")
    return town


def test_by_day_whoever_has_the_day_shift_is_told_and_nobody_else(shifts: Town) -> None:
    shifts.alarm("smoke")
    shifts.expect(operator="SMS")
    shifts["operator"].closes()


def test_by_night_whoever_has_the_night_shift_is_told(shifts: Town) -> None:
    shifts.given(at="Sunday 2026-11-22 03:10")
    shifts.alarm("smoke")
    shifts.expect(colleague="webhook")
    shifts["colleague"].closes()


def test_midnight_ends_no_night_shift(shifts: Town) -> None:
    shifts.given(at="Monday 2026-11-23 23:59")
    shifts.within("30 s")
    shifts.alarm("smoke")
    shifts.expect(colleague="webhook")
    shifts.after("1 min", colleague="webhook", chief="WeCom")
    shifts["colleague"].closes()


def test_the_shift_changes_in_mid_alarm_and_the_next_step_goes_to_whoever_came(shifts: Town) -> None:
    shifts.given(at="Monday 2026-11-23 19:59")
    shifts.within("30 s")
    shifts.alarm("smoke")
    shifts.expect(operator="SMS")
    shifts.after("1 min", colleague="webhook", chief="WeCom")
    shifts["colleague"].closes()


def test_in_a_gap_everybody_of_the_desk_is_told_and_the_lead_hears_of_the_gap(town: Town) -> None:
    town.given(operator="SMS", colleague="webhook", lead="WeCom")
    give_shift(town, "14:00-12:01", "operator")
    town.within("30 s", lead="WeCom and WeCom")
    town.within("31 s", lead="WeCom and WeCom")
    assert any("此刻无人值班" in one.about for one in town.inbox.all)
    town.alarm("smoke")
    town.expect(operator="SMS", colleague="webhook", lead="WeCom")
    town["operator"].closes()


def test_whoever_is_on_leave_is_not_called_and_the_others_stand_in(shifts: Town) -> None:
    go_on_leave(shifts, shifts["operator"], "2026-11-23")
    shifts.alarm("smoke")
    shifts.expect(colleague="webhook", chief="WeCom")
    shifts["colleague"].closes()


def test_a_swap_that_is_accepted_in_mid_shift_counts_from_then_on(shifts: Town) -> None:
    late = give_shift(shifts, "12:00-20:00", "operator")
    swap = ask_to_swap(shifts, shifts["operator"], shifts["colleague"], shift=late, day="2026-11-23")
    shifts.alarm("smoke")
    shifts.expect(operator="SMS")
    accept(shifts, swap, shifts["colleague"])
    shifts.after("1 min", operator="SMS", colleague="webhook", chief="WeCom")
    shifts["colleague"].closes()


@pytest.mark.parametrize(
    ("at", "who"),
    [("Sunday 2026-01-04 12:00", {"operator": "SMS"}), ("Friday 2026-01-02 12:00", {"colleague": "webhook"})],
)
def test_a_sunday_on_which_one_works_for_a_holiday_is_a_working_day(town: Town, at: str, who: dict[str, str]) -> None:
    town.given(at=at, operator="SMS", colleague="webhook")
    give_shift(town, "00:00-00:00", "operator", days="work")
    give_shift(town, "00:00-00:00", "colleague", days="rest")
    town.alarm("smoke")
    town.expect(**who)
    town["operator"].closes()


def test_an_account_that_is_switched_off_has_no_shift_any_more(shifts: Town) -> None:
    disable(shifts, shifts["operator"])
    shifts.alarm("smoke")
    shifts.expect(colleague="webhook", chief="WeCom")
    shifts["colleague"].closes()


def test_all_of_the_desk_are_switched_off_and_the_daughter_and_another_centres_chief_are_told(town: Town) -> None:
    town.given(operator="SMS", daughter="webhook", director="WeCom")
    disable(town, town["operator"])
    town.alarm("smoke")
    town.expect(daughter="webhook")
    town.after("1 min", director="WeCom")
    town["director"].closes()


def test_the_nurse_on_call_of_the_doctor_team_is_told_and_not_the_doctor(town: Town) -> None:
    town.given(desk="webhook", nurse="SMS", gp="WeCom")
    give_shift(town, "08:00-08:00", "nurse", of="team:t-1")
    town.alarm("pressure_crisis")
    town.expect(desk="webhook", nurse="SMS")
    town["nurse"].closes()


def test_the_night_on_which_the_clock_goes_forward_ends_quiet_hours_by_the_homes_clock(town: Town) -> None:
    town.zone = "Europe/Berlin"
    with town.acting(settle=False) as session:
        session.get_one(Centre, "c-1").time_zone = town.zone
    town.given(at="Sunday 2026-03-29 01:30", desk="webhook", daughter="SMS", operator="")
    set_contacts(town, town["daughter"], quiet_from="22:00", quiet_until="07:00")
    town.alarm("water_leak")
    town.expect(desk="webhook")
    town["operator"].remarks("a towel will do until the morning")
    town.within("14 min")
    town["operator"].closes()


def test_the_long_night_in_autumn_is_one_shift(town: Town) -> None:
    town.zone = "Europe/Berlin"
    town.given(at="Saturday 2026-10-24 22:30", operator="SMS", colleague="webhook")
    give_shift(town, "22:00-06:00", "operator")
    give_shift(town, "06:00-22:00", "colleague")
    town.within("8 h")
    town.alarm("smoke")
    town.expect(operator="SMS")
    town["operator"].closes()
