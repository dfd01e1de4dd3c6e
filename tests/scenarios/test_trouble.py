"""Chapter 4: providers and machines in trouble, several alarms at once."""

from __future__ import annotations

from tests.scenarios.people import set_contacts
from tests.scenarios.post import Post
from tests.scenarios.town import Town


def test_a_provider_that_takes_a_text_and_says_it_did_not_sends_it_twice_with_one_code(town: Town) -> None:
    town.given(desk="SMS", operator="")
    town.provider("SMS").server.lie(1)
    town.alarm("smoke")
    town.within("5 s", desk="SMS and SMS")
    town["desk"].replies("1")
    assert town.stands() == ("acknowledged", "c-1")


def test_a_provider_that_takes_a_text_and_forgets_it_has_the_next_told_after_three_minutes(town: Town) -> None:
    town.given(desk="SMS", team="webhook", operator="")
    town.provider("SMS").confirms = False
    town.alarm("water_leak", priority="high")
    town.within("2 min", desk="SMS and SMS")
    town.within("2 min", team="webhook")
    assert "message_unconfirmed" in town.history()
    town["operator"].closes()


def test_a_receipt_that_comes_before_the_providers_answer_is_not_lost(town: Town) -> None:
    town.given(desk="SMS", operator="")
    town.provider("SMS").calls_at_once = True
    town.alarm("smoke")
    town.expect(desk="SMS")
    town.within("5 s")
    town["operator"].closes()


def test_a_provider_that_answers_every_request_twice_changes_nothing(town: Town) -> None:
    town.given(desk="SMS", operator="")
    town.provider("SMS").server.answers = 2
    town.alarm("smoke")
    town.expect(desk="SMS")
    town["operator"].closes()


def test_a_new_dispatcher_in_the_middle_goes_on_where_the_old_one_stood(street: Town) -> None:
    street.given(operator="")
    street.alarm("smoke")
    street.expect(desk="webhook", daughter="SMS")
    street.restart()
    street.after("1 min", desk="webhook", chief="WeCom")
    street.restart()
    street["operator"].closes()


def test_two_dispatchers_on_one_database_send_each_message_once(big_town: Town) -> None:
    big_town.given(desk="webhook", team="webhook", daughter="SMS", operator="")
    big_town.alarm("fall", settle=False)
    other = Post(big_town.sessions, big_town.clock, big_town.providers.settings)
    big_town.restart().step_with(other)
    other.close()
    big_town.look()
    big_town.expect(desk="webhook", team="webhook", daughter="SMS")
    big_town["operator"].closes()


def test_two_old_people_fall_at_once_and_each_is_told(street: Town) -> None:
    street.given(operator="")
    first = street.alarm("fall")
    street.expect("张*兰", desk="webhook", team="webhook", daughter="SMS")
    second = street.alarm("fall", of="r-2")
    street.expect("李*", desk="webhook", team="webhook")
    for alarm in (first, second):
        street["operator"].closes(alarm=alarm)


def test_one_of_two_alarms_is_taken_and_the_other_is_told_on(street: Town) -> None:
    street.given(operator="")
    first = street.alarm("fall")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    second = street.alarm("fall", of="r-2")
    street.expect(desk="webhook", team="webhook")
    street["operator"].closes(alarm=first)
    street.after("1 min", "李*", desk="webhook", chief="WeCom")
    street["operator"].closes(alarm=second)


def test_a_drill_says_that_it_is_one_and_is_told_once(street: Town) -> None:
    street.alarm("drill_call")
    street.expect("演练", desk="webhook", team="webhook", daughter="SMS", son="call")
    street.within("1 h")


def test_a_suspected_fall_that_becomes_a_fall_is_told_again_although_it_was_taken(street: Town) -> None:
    street.given(operator="")
    street.alarm("fall_suspected")
    street.within("20 s", desk="webhook", daughter="SMS")
    street["operator"].takes()
    street.alarm("fall")
    street.expect(desk="webhook", team="webhook", daughter="SMS")
    street["operator"].closes()


def test_quiet_hours_hold_back_a_leak_until_the_morning_and_never_a_fall(town: Town) -> None:
    town.given(at="Sunday 2026-11-22 03:10", daughter="SMS", desk="webhook", operator="")
    set_contacts(town, town["daughter"], quiet_from="22:00", quiet_until="07:00")
    leak = town.alarm("water_leak")
    town.within("5 min", desk="webhook")
    town["operator"].closes(alarm=leak)
    town.alarm("smoke")
    town.expect(desk="webhook", daughter="SMS")
    town["operator"].closes()


def test_the_only_provider_of_texts_is_down_and_the_chief_is_told_at_once(town: Town) -> None:
    town.given(desk="SMS", chief="WeCom", operator="")
    town.provider("SMS").server.refuse(100)
    town.alarm("smoke")
    town.within("1 s", chief="WeCom")
    assert "told_early" in town.history()
    town["operator"].closes()


def test_a_provider_that_stumbles_over_what_is_not_urgent_has_nobody_else_told(town: Town) -> None:
    town.given(desk="SMS", chief="WeCom", operator="")
    town.provider("SMS").server.refuse(1)
    town.alarm("water_leak")
    town.within("30 s", desk="SMS")
    town["operator"].closes()
