"""Chapter 2: nobody answers."""

from __future__ import annotations

from tests.scenarios.town import Town


def test_nobody_answers_a_fall_and_after_a_minute_the_chief_is_told_too(street: Town) -> None:
    street.alarm("fall")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    street.within("59 s")
    street.after("1 s", desk="webhook", chief="WeCom")


def test_after_three_minutes_the_whole_family_and_the_team_are_told(street: Town) -> None:
    street.alarm("fall")
    street.within("2 min", desk="webhook and webhook", team="webhook", daughter="SMS", chief="WeCom")
    street.after("1 min", team="webhook", daughter="SMS", son="call")


def test_after_five_minutes_everybody_is_told_and_the_desk_is_asked_to_call_120(street: Town) -> None:
    street.alarm("fall")
    street.within(
        "4 min",
        desk="webhook and webhook",
        team="webhook and webhook",
        daughter="SMS and SMS",
        son="call",
        chief="WeCom",
    )
    street.after("1 min", desk="webhook", team="webhook", daughter="SMS", son="call")
    assert "escalated" in street.history()


def test_the_last_step_of_a_fall_comes_again_six_times_and_then_the_supervisor_knows(street: Town) -> None:
    street.alarm("fall")
    street.within(
        "5 min",
        desk="webhook and webhook and webhook",
        team="webhook and webhook and webhook",
        daughter="SMS and SMS and SMS",
        son="call and call",
        chief="WeCom",
    )
    for _ in range(5):
        street.after("10 min", desk="webhook", team="webhook", daughter="SMS", son="call")
    street.after("10 min", desk="webhook", team="webhook", daughter="SMS", son="call", chief="WeCom")
    street.within("1 day")


def test_a_medium_alarm_is_told_again_after_fifteen_and_sixty_minutes(street: Town) -> None:
    street.alarm("water_leak")
    street.within("14 min", desk="webhook", daughter="SMS")
    street.within("2 min", desk="webhook", team="webhook")
    street.within("45 min", desk="webhook", team="webhook", daughter="SMS", son="call", chief="WeCom")
    street.within("2 days")


def test_two_relatives_of_the_same_rank_are_told_together_and_a_third_only_later(town: Town) -> None:
    town.given(desk="webhook", daughter="SMS", son="call", nephew="push")
    town.alarm("smoke")
    town.expect(desk="webhook", daughter="SMS")
    town.within("2 min", desk="webhook")
    town.after("1 min", daughter="SMS", son="call", nephew="push")


def test_a_call_that_nobody_picks_up_is_made_again_after_a_minute(town: Town) -> None:
    town.given(desk="call")
    town.provider("call").confirms = False
    town.alarm("sos")
    town.expect(desk="call")
    town["desk"].does_not_pick_up()
    town.within("59 s")
    town.within("2 s", desk="call")
    town["desk"].takes()
