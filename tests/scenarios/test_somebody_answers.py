"""Chapter 3: somebody answers, and what becomes of it."""

from __future__ import annotations

import pytest

from alerts.episodes.lifecycle import Wanted
from tests.scenarios.town import Town

AT_ONCE = {"desk": "webhook", "team": "webhook", "daughter": "SMS"}


@pytest.fixture
def fallen(street: Town) -> Town:
    """She has fallen, and everybody of the first step knows; an operator sits at the desk."""
    street.given(operator="")
    street.alarm("fall")
    street.expect(**AT_ONCE)
    return street


@pytest.fixture
def texted(town: Town) -> Town:
    """She has fallen, and the desk's telephone has got the text; who has it may take the alarm."""
    town.given(desk="SMS", operator="")
    town.alarm("fall")
    town.expect(desk="SMS")
    return town


def test_whoever_takes_the_alarm_and_goes_is_left_alone_until_he_should_be_there(fallen: Town) -> None:
    fallen["operator"].takes()
    fallen["operator"].goes()
    fallen.within("44 min")
    fallen["operator"].arrives()
    fallen.within("1 day")


def test_taken_but_nobody_goes_and_after_five_minutes_everything_begins_anew(fallen: Town) -> None:
    fallen["operator"].takes()
    fallen.within("4 min")
    fallen.after("1 min", desk="webhook", team="webhook", daughter="SMS")
    fallen["operator"].closes()


def test_on_the_way_but_nobody_arrives_and_the_desk_is_asked_after_45_minutes(fallen: Town) -> None:
    fallen["operator"].goes()
    fallen.within("44 min")
    fallen.after("1 min", desk="webhook")
    fallen.after("15 min", desk="webhook", chief="WeCom")
    fallen["operator"].closes()


def test_a_remark_gives_the_operator_five_more_minutes(fallen: Town) -> None:
    fallen["operator"].takes()
    fallen.within("4 min")
    fallen["operator"].remarks("she is on the phone")
    fallen.within("4 min")
    fallen["operator"].closes()


def test_after_the_end_nobody_hears_of_it_again(fallen: Town) -> None:
    fallen["operator"].closes("false")
    fallen.within("2 days")


@pytest.mark.parametrize("spelling", ["1", " 1 ", "１", "1。", "（1）", "\u200b1"])
def test_a_one_by_text_takes_the_alarm_however_it_is_typed(texted: Town, spelling: str) -> None:
    texted["desk"].replies(spelling)
    assert texted.stands() == ("acknowledged", "c-1")
    texted.within("4 min")
    texted["operator"].closes()


@pytest.mark.parametrize("text", ["收到", "好的", "11111", "4", "", "谁是1"])
def test_a_reply_that_is_no_answer_stops_nothing(fallen: Town, text: str) -> None:
    fallen["daughter"].replies(text)
    assert fallen.stands() == ("unacked", "")
    fallen.after("1 min", desk="webhook", chief="WeCom")
    fallen["operator"].closes()


def test_a_two_by_text_means_on_the_way(texted: Town) -> None:
    texted["desk"].replies("2")
    assert texted.stands() == ("on_the_way", "c-1")
    texted.within("40 min")
    texted["operator"].closes()


def test_a_three_by_text_means_i_cannot_and_paging_goes_on(fallen: Town) -> None:
    fallen["daughter"].replies("3")
    assert fallen.stands() == ("unacked", "")
    fallen.after("1 min", desk="webhook", chief="WeCom")
    fallen["operator"].closes()


def test_whoever_took_it_and_then_cannot_hands_it_back_and_all_are_told_anew(texted: Town) -> None:
    texted["desk"].replies("1")
    texted["desk"].replies("3")
    texted.expect(desk="SMS")
    texted["operator"].closes()


def test_the_code_of_the_text_may_stand_behind_the_digit(texted: Town) -> None:
    texted["desk"].replies(f"1 {texted['desk'].code()}")
    assert texted.stands() == ("acknowledged", "c-1")
    texted["operator"].closes()


@pytest.mark.parametrize("text", ["1", "2", "3"])
def test_a_relative_who_answers_by_text_silences_nobody(fallen: Town, text: str) -> None:
    fallen["daughter"].replies(text)
    assert fallen.stands() == ("unacked", "")
    fallen.after("1 min", desk="webhook", chief="WeCom")
    fallen["operator"].closes()


def test_a_reply_after_the_end_changes_nothing(fallen: Town) -> None:
    alarm = fallen.the()
    fallen["operator"].closes("false")
    fallen["daughter"].replies("1")
    assert fallen.stands(alarm) == ("closed", "u-operator")
    fallen.within("1 h")


def test_a_link_that_is_pressed_means_on_the_way(fallen: Town) -> None:
    assert fallen["team"].answers_by_link(Wanted.ON_THE_WAY, minutes=10) == "done"
    assert fallen.stands() == ("on_the_way", "t-1")
    fallen.within("40 min")
    fallen["operator"].closes()


def test_a_link_that_is_pressed_twice_counts_once(fallen: Town) -> None:
    assert fallen["team"].answers_by_link(Wanted.ACKNOWLEDGE) == "done"
    assert fallen["team"].answers_by_link(Wanted.ACKNOWLEDGE) == "already"
    assert fallen.history().count("acknowledged") == 1
    fallen["operator"].closes()


def test_a_second_who_comes_is_noted_and_takes_nothing_from_the_first(fallen: Town) -> None:
    fallen["operator"].goes()
    assert fallen["team"].answers_by_link(Wanted.ON_THE_WAY) == "also"
    assert fallen.stands() == ("on_the_way", "u-operator")
    fallen["operator"].closes()


@pytest.fixture
def called(town: Town) -> Town:
    """A desk that is called, and a nurse; she has pressed her button."""
    town.given(desk="call", operator="")
    town.alarm("sos")
    town.expect(desk="call")
    return town


@pytest.mark.parametrize(("key", "response"), [("1", "acknowledged"), ("2", "on_the_way"), ("3", "unacked")])
def test_keys_one_two_and_three_mean_taken_on_the_way_and_cannot(called: Town, key: str, response: str) -> None:
    called["desk"].presses(key)
    assert called.stands()[0] == response
    called["operator"].closes()


def test_a_wrong_key_stops_nothing(called: Town) -> None:
    called["desk"].presses("9")
    assert called.stands() == ("unacked", "")
    called.after("1 min", desk="call")
    called["operator"].closes()


def test_a_key_pressed_twice_is_one_answer(called: Town) -> None:
    called["desk"].presses("1")
    called["desk"].presses("1")
    assert called.history().count("acknowledged") == 1
    called["operator"].closes()


def test_a_key_pressed_after_the_end_changes_nothing(called: Town) -> None:
    alarm = called.the()
    called["operator"].closes("false")
    called["desk"].presses("1")
    assert called.stands(alarm) == ("closed", "u-operator")
    called.within("1 h")
