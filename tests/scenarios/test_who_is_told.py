"""Chapter 1: who is told first."""

from __future__ import annotations

import pytest

from tests.scenarios.town import Town


def test_a_fall_is_told_to_desk_doctor_team_and_the_first_relative_at_once(street: Town) -> None:
    street.alarm("fall")
    street.expect("跌倒", desk="webhook", team="webhook", daughter="SMS")


def test_whoever_calls_for_help_is_called_back_in_the_same_moment(street: Town) -> None:
    street.given(resident="call")
    street.alarm("sos")
    street.expect(desk="webhook", team="webhook", daughter="SMS", resident="call")


@pytest.mark.parametrize("kind", ["smoke", "gas"])
def test_smoke_and_gas_go_to_the_desk_and_the_daughter_not_to_doctors(street: Town, kind: str) -> None:
    street.alarm(kind)
    street.expect(desk="webhook", daughter="SMS")


def test_dangerous_blood_pressure_goes_to_the_doctor_team_the_desk_and_the_daughter(street: Town) -> None:
    street.alarm("pressure_crisis")
    street.expect(team="webhook", desk="webhook", daughter="SMS")


def test_a_medical_alarm_of_medium_priority_goes_to_the_doctor_team_alone(street: Town) -> None:
    street.alarm("heart_rate_high")
    street.expect(team="webhook")
    street.within("14 min")
    street.after("1 min", team="webhook")
    street.after("45 min", team="webhook", desk="webhook")


def test_a_water_leak_goes_to_the_desk_and_a_little_later_as_a_text_to_the_daughter(street: Town) -> None:
    street.alarm("water_leak")
    street.expect(desk="webhook")
    street.after("20 s", daughter="SMS")


def test_a_weak_battery_wakes_nobody(street: Town) -> None:
    street.alarm("battery_low")
    street.within("2 days")


def test_a_resident_without_relatives_has_desk_and_team(street: Town) -> None:
    street.alarm("fall", of="r-2")
    street.expect("李*", desk="webhook", team="webhook")


def test_the_text_names_the_resident_with_a_star_not_in_full(street: Town) -> None:
    street.alarm("fall")
    street.expect("张*兰", desk="webhook", team="webhook", daughter="SMS")
