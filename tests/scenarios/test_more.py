"""Chapter 8: limits, policies, storms, and what must tell nobody."""

from __future__ import annotations

import dataclasses

import pytest

from alerts.episodes.lifecycle import Wanted
from alerts.episodes.policies.policy import Hours, Party, Policy, Scope, Step
from alerts.episodes.policies.writing import save_policy
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.registry.errors import InUseError
from anhu.registry.organisations import close_place
from anhu.registry.tables import Centre
from tests.scenarios.storm import area_goes_dark, build_street
from tests.scenarios.town import Town


def limit(town: Town, word: str, **limits: int) -> None:
    """Change what one number may get."""
    provider = town.provider(word)
    provider.settings = dataclasses.replace(provider.settings, **limits)
    town.close()


def own_policy(town: Town, *steps: Step, hours: Hours | None = None) -> None:
    """Write a policy of the town's organisation for smoke."""
    scope = Scope(organisation_id="o-1", kinds=("smoke",), priority=Priority.HIGH, hours=hours)
    policy = Policy(
        name="ours", scope=scope, steps=steps, zone=town.zone, ack_stands_ms=5 * MINUTE_MS, scene_within_ms=None
    )
    with town.acting(settle=False) as session:
        save_policy(session, policy, channels=("sms", "webhook", "wecom"), by="u-chief", now_ms=town.now_ms)


def test_a_number_that_had_its_share_of_the_minute_is_not_forgotten(town: Town) -> None:
    town.given(desk="SMS", operator="")
    limit(town, "SMS", sms_high_per_minute=1)
    first = town.alarm("fall")
    town.expect("张*兰", desk="SMS")
    second = town.alarm("fall", of="r-2")
    town["operator"].closes(alarm=first)
    town.within("59 s")
    town.within("1 s", "李*", desk="SMS")
    assert "nobody_told" in town.history()
    assert "told_again" in town.history()
    town["operator"].closes(alarm=second)


def test_a_number_that_had_its_share_of_the_day_is_said_on_the_alarm_and_the_chief_is_told(town: Town) -> None:
    town.given(desk="SMS", chief="WeCom", operator="")
    limit(town, "SMS", sms_high_per_day=1)
    first = town.alarm("smoke")
    town.expect(desk="SMS")
    town["operator"].closes(alarm=first)
    town.within("1 h")
    second = town.alarm("smoke")
    town.within("1 min", chief="WeCom")
    assert "nobody_told" in town.history()
    town["operator"].closes(alarm=second)


def test_what_is_not_urgent_never_uses_up_the_texts_of_calls_for_help(town: Town) -> None:
    town.given(desk="SMS", operator="")
    limit(town, "SMS", sms_per_day=1, sms_high_per_day=1)
    leak = town.alarm("water_leak")
    town.within("20 s", desk="SMS")
    town["operator"].closes(alarm=leak)
    town.alarm("smoke")
    town.expect(desk="SMS")
    town["operator"].closes()


def test_the_platforms_own_call_tells_nobody_but_the_telephone_that_it_is_for(street: Town) -> None:
    street.given(resident="call")
    street.alarm("heartbeat_call")
    street.expect(resident="call")
    street.within("1 day")


def test_she_falls_again_after_the_first_fall_was_closed_and_everybody_is_told_again(street: Town) -> None:
    street.given(operator="")
    first = street.alarm("fall")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    street["operator"].closes("false")
    street.within("5 min")
    second = street.alarm("fall")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    assert first != second
    street["operator"].closes("false")


def test_a_fall_of_hours_ago_that_the_watch_reports_now_is_told_at_once(street: Town) -> None:
    street.given(operator="")
    street.alarm("fall", late=True, ago="5 h")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    street["operator"].closes("false")


def test_the_clock_is_set_back_an_hour_and_the_next_step_comes_in_its_time(street: Town) -> None:
    street.given(operator="")
    street.alarm("smoke")
    street.expect(desk="webhook", daughter="SMS")
    street.within("30 s")
    street.clock_goes_back("1 h")
    street.within("29 s")
    street.after("1 s", desk="webhook", chief="WeCom")
    street["operator"].closes("false")


def test_a_centre_with_residents_cannot_be_closed_and_the_telephone_of_a_closed_one_is_silent(town: Town) -> None:
    town.given(desk="webhook", elsewhere="SMS", operator="")
    with pytest.raises(InUseError), town.acting() as session:
        close_place(session, Centre, "c-1", now_ms=town.now_ms)
    with town.acting() as session:
        close_place(session, Centre, "c-2", now_ms=town.now_ms)
    town.alarm("smoke")
    town.expect(desk="webhook")
    town.within("1 min", desk="webhook")
    town["operator"].closes()


def test_an_organisations_own_policy_tells_the_carer_first_and_the_chief_after_two_minutes(town: Town) -> None:
    town.given(desk="webhook", carer="SMS", chief="WeCom", daughter="push", operator="")
    own_policy(town, Step(0, (Party.CARER,)), Step(2 * MINUTE_MS, (Party.SUPERVISOR,), prompt_emergency=True))
    town.alarm("smoke")
    town.expect(carer="SMS")
    town.within("119 s")
    town.after("1 s", chief="WeCom")
    town["operator"].closes("false")


def test_a_policy_for_the_night_leaves_the_day_as_it_is(town: Town) -> None:
    town.given(desk="webhook", carer="SMS", operator="")
    again = Step(0, (Party.CARER,), repeat_every_ms=10 * MINUTE_MS, repeat_times=2)
    own_policy(town, again, hours=Hours(22 * 60, 6 * 60))
    by_day = town.alarm("smoke")
    town.expect(desk="webhook")
    town["operator"].closes(alarm=by_day)
    town.given(at="Tuesday 2026-11-24 03:10")
    by_night = town.alarm("smoke")
    town.expect(carer="SMS")
    town["operator"].closes(alarm=by_night)


def test_a_program_that_opens_every_link_answers_nothing(street: Town) -> None:
    street.given(operator="")
    street.alarm("fall")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    link = street["team"].link()
    for _ in range(3):
        street.look_at_link(link)
    assert street.stands() == ("unacked", "")
    assert street["team"].answers_by_link(Wanted.ACKNOWLEDGE) == "done"
    street["operator"].closes("false")


def test_the_only_provider_is_away_for_an_hour_and_the_text_comes_when_it_is_back(town: Town) -> None:
    town.given(desk="SMS", operator="")
    town.provider("SMS").goes_down()
    town.alarm("smoke")
    town.within("1 h")
    assert "nobody_told" in town.history()
    town.provider("SMS").comes_back()
    town.forward("1 min")
    assert town.inbox.unread, "it is tried until somebody has it"
    town.expect(desk=" and ".join(["SMS"] * len(town.inbox.unread)))
    assert "told_again" in town.history()
    town["operator"].closes()


def test_of_a_resident_with_nobody_the_supervisor_of_another_centre_is_told_at_once(town: Town) -> None:
    town.given(director="WeCom", operator="")
    town.alarm("smoke")
    town.expect(director="WeCom")
    town["operator"].closes()


def test_where_there_is_nobody_at_all_the_alarm_says_so(town: Town) -> None:
    town.given(operator="")
    town.alarm("smoke")
    town.within("10 min")
    assert "nobody_told" in town.history()
    town["operator"].closes()


def test_twenty_homes_go_dark_and_the_desk_is_told_of_the_area_once(street: Town) -> None:
    homes = build_street(street, 20)
    street.given(operator="")
    area = area_goes_dark(street, homes)
    street.expect("片区", desk="webhook")
    street["operator"].closes(alarm=area)


def test_in_a_dark_area_each_persons_own_call_is_told_all_the_same(street: Town) -> None:
    homes = build_street(street, 20)
    street.given(operator="")
    area = area_goes_dark(street, homes)
    street.expect(desk="webhook")
    street.within("1 s")
    alarms = [street.alarm("fall", of=home) for home in homes]
    many = " and ".join(["webhook"] * len(homes))
    street.expect("跌倒", desk=many, team=many)
    assert len({one.about for one in street.inbox.all if "跌倒" in one.about}) == len(homes)
    for alarm in (area, *alarms):
        street["operator"].closes(alarm=alarm)
