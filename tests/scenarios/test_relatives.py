"""Chapter 7: relatives."""

from __future__ import annotations

import pytest

from tests.scenarios.people import set_contacts
from tests.scenarios.town import Town


@pytest.fixture
def phoned(town: Town) -> Town:
    """The desk and the daughter are called by telephone."""
    town.given(desk="call", daughter="call", operator="")
    town.alarm("smoke")
    town.expect(desk="call", daughter="call")
    return town


def test_a_relative_hears_what_the_keys_mean_for_her_and_the_desk_what_they_mean_there(phoned: Town) -> None:
    assert phoned["daughter"].hears() == "已听到请按1，我现在过去请按2，去不了请按3"
    assert phoned["desk"].hears() == "接警请按1，已出发请按2，无法前往请按3"
    phoned["operator"].closes()


def test_a_relative_who_reads_english_hears_the_keys_in_english(town: Town) -> None:
    town.given(daughter="call", operator="")
    set_contacts(town, town["daughter"], language="en")
    town.alarm("smoke")
    town.expect(daughter="call")
    assert town["daughter"].hears() == "Press 1: heard; 2: going; 3: cannot"
    town["operator"].closes()


@pytest.mark.parametrize(("key", "line"), [("1", "family_read"), ("2", "family_going"), ("3", "family_not_going")])
def test_a_relatives_key_is_told_to_the_desk_and_silences_nobody(phoned: Town, key: str, line: str) -> None:
    phoned["daughter"].presses(key)
    assert line in phoned.history()
    assert phoned.stands() == ("unacked", "")
    phoned.after("1 min", desk="call")
    phoned["operator"].closes()


def test_the_resident_who_is_called_back_is_asked_to_press_nothing(town: Town) -> None:
    town.given(desk="webhook", resident="call", operator="")
    town.alarm("sos")
    town.expect(desk="webhook", resident="call")
    assert town["resident"].hears() == "不用按键，工作人员正在处理"
    town["operator"].closes()


@pytest.mark.parametrize("channel", ["WeCom", "DingTalk", "Feishu", "push", "webhook", "SMS", "call"])
def test_a_daughter_is_told_over_whatever_channel_she_has(town: Town, channel: str) -> None:
    town.given(daughter=channel, operator="")
    town.alarm("smoke")
    town.expect(daughter=channel)
    town["operator"].closes()


def test_where_there_is_only_family_all_of_it_is_told_again_and_again(town: Town) -> None:
    town.given(daughter="SMS", son="call", operator="")
    town.alarm("smoke")
    town.expect(daughter="SMS")
    town.after("1 min", son="call")
    town.within("1 min")
    town.after("1 min", daughter="SMS", son="call")
    town["daughter"].replies("2")
    town.after("2 min", daughter="SMS", son="call")
    town["operator"].closes()
