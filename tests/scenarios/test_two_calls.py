"""Chapter 6: two calls for help of one resident."""

from __future__ import annotations

from tests.scenarios.town import Town


def called(town: Town, *, confirms: bool = True) -> Town:
    """A desk that is called, and an operator."""
    town.given(desk="call", operator="")
    town.provider("call").confirms = confirms
    return town


def test_a_fall_and_a_button_in_the_same_moment_are_said_in_one_call(town: Town) -> None:
    called(town).alarm("fall", settle=False)
    town.alarm("sos")
    town.expect("、", desk="call")
    fall, sos = town.of_kind("fall"), town.of_kind("sos")
    assert any("跌倒" in line and line.startswith("together") for line in town.receipts(sos) + town.receipts(fall))
    town["desk"].presses("1")
    assert {town.stands(one)[0] for one in (fall, sos)} == {"acknowledged"}


def test_a_button_one_second_after_a_fall_is_called_as_soon_as_the_first_call_has_ended(town: Town) -> None:
    called(town, confirms=False).alarm("fall")
    town.expect("跌倒", desk="call")
    town.within("1 s")
    town.alarm("sos")
    town.within("5 s")
    town["desk"].presses("1")
    town.expect("紧急呼叫", desk="call")
    assert town.receipts(town.of_kind("sos"))[0].startswith("sent")
    town["desk"].presses("2")
    assert [town.stands(town.of_kind(kind))[0] for kind in ("fall", "sos")] == ["acknowledged", "on_the_way"]


def test_a_call_that_was_taken_without_a_key_is_followed_at_once(town: Town) -> None:
    called(town).alarm("fall")
    town.expect("跌倒", desk="call")
    town.within("1 s")
    town.alarm("sos")
    town.expect("紧急呼叫", desk="call")
    for kind in ("fall", "sos"):
        town["operator"].closes(alarm=town.of_kind(kind))


def test_a_call_of_which_nobody_says_that_it_ended_is_followed_after_half_a_minute(town: Town) -> None:
    called(town, confirms=False).alarm("fall")
    town.expect("跌倒", desk="call")
    town.within("1 s")
    town.alarm("sos")
    town.within("28 s")
    town.after("1 s", "紧急呼叫", desk="call")
    for kind in ("fall", "sos"):
        town["operator"].closes(alarm=town.of_kind(kind))


def test_another_residents_call_has_a_call_of_its_own_a_minute_later(town: Town) -> None:
    first = called(town).alarm("fall")
    town.expect("张*兰", desk="call")
    second = town.alarm("fall", of="r-2")
    town["operator"].closes(alarm=first)
    town.within("59 s")
    town.within("1 s", "李*", desk="call")
    town["operator"].closes(alarm=second)


def test_a_drill_and_a_call_for_help_are_never_said_in_one_call(town: Town) -> None:
    called(town).alarm("drill_call", settle=False)
    town.alarm("sos")
    town.expect(desk="call and call")
    assert not any("、" in one.about for one in town.inbox.all)
    assert sum("演练" in one.about for one in town.inbox.all) == 1
    town["operator"].closes(alarm=town.of_kind("sos"))


def test_a_text_says_each_of_two_calls_by_itself(town: Town) -> None:
    town.given(desk="SMS", operator="")
    town.alarm("fall", settle=False)
    town.alarm("sos")
    town.expect(desk="SMS and SMS")
    for kind in ("fall", "sos"):
        town["operator"].closes(alarm=town.of_kind(kind))
