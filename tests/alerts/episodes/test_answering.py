"""An answer from a message is the answer of the desk: once, by whom, and never after the end."""

from __future__ import annotations

import pytest

from alerts.episodes import responses
from alerts.episodes.answer_links import asked, code_for, mint
from alerts.episodes.answering import Became, answer
from alerts.episodes.lifecycle import Wanted
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.registry.care_tables import FamilyWord
from anhu.registry.tables import Audit, Contact, User
from tests.api.world import World


@pytest.fixture
def alert_id(world: World) -> str:
    world.contact("https://desk.example/")
    world.contact("https://team.example/", owner="team")
    return world.raise_alert("r-ours", "sos")


def say(
    world: World,
    alert_id: str,
    what: Wanted,
    *,
    who: str = "k-1",
    minutes: int | None = None,
    heard: int | None = None,
    event: str = "",
) -> Became:
    with world.sessions.begin() as session:
        by = session.get_one(Contact, who)
        return answer(
            session,
            alert_id,
            by=by,
            via="sms",
            what=what,
            now_ms=world.clock.now_ms(),
            minutes=minutes,
            heard=heard,
            event=event,
        )


def history(world: World, alert_id: str) -> list[tuple[str, str]]:
    with world.sessions() as session:
        lines = session.query(AlertEvent).filter_by(alert_id=alert_id).order_by(AlertEvent.id)
        return [(line.what, line.actor) for line in lines][1:]


def test_it_is_the_step_the_line_and_the_audit_of_the_desk(either_world: World) -> None:
    either_world.contact("https://desk.example/")
    alert_id = either_world.raise_alert("r-ours", "sos")
    assert say(either_world, alert_id, Wanted.ON_THE_WAY, minutes=10) is Became.DONE
    with either_world.sessions() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.response, alert.assignee) == ("on_the_way", "ours")
        assert session.get_one(Escalation, alert_id).what == "scene", "only that he arrives is waited for"
        assert {row.state for row in session.query(Outbox)} == {"cancelled"}
        (line,) = session.query(AlertEvent).filter_by(what="on_the_way")
        assert line.actor == "ours"
        assert (line.data["via"], line.data["minutes"], line.data["contact_id"]) == ("sms", 10, "k-1")
        (row,) = session.query(Audit)
        assert (row.user_id, row.action, row.object_id) == ("ours", "alert.on_the_way", alert_id)
        assert row.resident_id == "r-ours"


def test_twice_is_once(world: World, alert_id: str) -> None:
    assert say(world, alert_id, Wanted.ACKNOWLEDGE) is Became.DONE
    assert say(world, alert_id, Wanted.ACKNOWLEDGE) is Became.ALREADY
    assert history(world, alert_id) == [("acknowledged", "ours")]


def test_after_the_end_it_changes_nothing(world: World, alert_id: str) -> None:
    with world.sessions.begin() as session:
        responses.close(session, alert_id, "false", actor="u-desk", now_ms=world.clock.now_ms())
    for what in Wanted:
        assert say(world, alert_id, what) is Became.OVER
    assert history(world, alert_id) == [("closed", "u-desk")]


def test_who_comes_second_is_written_down_and_takes_nothing_away(world: World, alert_id: str) -> None:
    person = world.contact("https://p.example/", owner="user")
    with world.sessions.begin() as session:
        session.get_one(Contact, person).owner_id = "u-family"
    assert say(world, alert_id, Wanted.ON_THE_WAY) is Became.DONE
    assert say(world, alert_id, Wanted.ON_THE_WAY, who=person, minutes=5) is Became.ALSO
    assert say(world, alert_id, Wanted.ON_THE_WAY, who=person, minutes=5) is Became.ALREADY
    assert history(world, alert_id) == [("on_the_way", "ours"), ("family_going", "u-family")]
    with world.sessions() as session:
        assert session.get_one(Alert, alert_id).assignee == "ours"


def test_a_relative_answers_no_alarm_and_her_words_stand_on_the_familys_page(world: World, alert_id: str) -> None:
    person = world.contact("https://p.example/", owner="user")
    with world.sessions.begin() as session:
        session.get_one(Contact, person).owner_id = "u-family"
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, who=person) is Became.ALSO
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, who=person) is Became.ALREADY
    assert say(world, alert_id, Wanted.ON_THE_WAY, who=person, minutes=5) is Became.ALSO
    assert say(world, alert_id, Wanted.ON_THE_WAY, who=person, minutes=5) is Became.ALREADY
    assert say(world, alert_id, Wanted.CANNOT, who=person) is Became.DONE
    assert say(world, alert_id, Wanted.ON_THE_WAY, who=person, minutes=9) is Became.ALSO
    with world.sessions() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.response, alert.assignee) == ("unacked", "")
        assert session.get(Escalation, alert_id) is not None, "paging goes on"
        words = session.query(FamilyWord).order_by(FamilyWord.id).all()
        assert [(one.user_id, one.what) for one in words] == [
            ("u-family", "going"),
            ("u-family", "not_going"),
            ("u-family", "going"),
        ]
        assert words[-1].arrives_at_ms == words[-1].at_ms + 9 * MINUTE_MS
    assert [what for what, _ in history(world, alert_id)] == [
        "family_read",
        "family_going",
        "family_not_going",
        "declined",
        "family_going",
    ]


def test_who_cannot_is_not_asked_to_and_when_nobody_is_left_the_next_are_told_at_once(world: World) -> None:
    world.contact("https://desk.example/")
    world.contact("https://team.example/", owner="team")
    alert_id = world.raise_alert("r-ours", "no_motion", priority=Priority.HIGH)  # a safety alarm: the desk goes first
    with world.sessions() as session:
        assert [row.contact_id for row in session.query(Outbox)] == ["k-1"]
    assert say(world, alert_id, Wanted.CANNOT) is Became.DONE
    assert say(world, alert_id, Wanted.CANNOT) is Became.ALREADY
    with world.sessions() as session:
        assert [row.contact_id for row in session.query(Outbox).order_by(Outbox.id)] == ["k-1", "k-2"]
        assert session.get_one(Alert, alert_id).response == "unacked"


def test_who_had_taken_it_and_cannot_hands_it_back_and_everybody_is_told_again(world: World, alert_id: str) -> None:
    say(world, alert_id, Wanted.ACKNOWLEDGE)
    for time in (1, 2):
        assert say(world, alert_id, Wanted.CANNOT) is Became.DONE
        with world.sessions() as session:
            alert = session.get_one(Alert, alert_id)
            assert (alert.response, alert.assignee) == ("unacked", "")
            assert session.get(Escalation, alert_id) is not None
            waiting = session.query(Outbox).filter_by(state="pending").all()
            assert {row.contact_id for row in waiting} == {"k-1", "k-2"}
            assert {row.reason for row in waiting} == {f"declined-{time}"}
        say(world, alert_id, Wanted.ACKNOWLEDGE)


def test_of_a_centres_numbers_only_the_one_that_took_it_hands_it_back(world: World, alert_id: str) -> None:
    colleague = world.contact("https://colleague.example/")
    assert say(world, alert_id, Wanted.ACKNOWLEDGE) is Became.DONE
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, who=colleague) is Became.ALSO
    assert say(world, alert_id, Wanted.CANNOT, who=colleague) is Became.DONE
    with world.sessions() as session:
        assert session.get_one(Alert, alert_id).response == "acknowledged"


def test_an_answer_that_is_said_again_later_takes_nothing_over(world: World, alert_id: str) -> None:
    say(world, alert_id, Wanted.ACKNOWLEDGE, event="call-7:1")
    say(world, alert_id, Wanted.CANNOT, event="call-7:3")
    world.clock.forward(30 * MINUTE_MS)
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, event="call-7:1") is Became.ALREADY
    with world.sessions() as session:
        assert session.get_one(Alert, alert_id).response == "unacked"


def test_an_answer_to_something_milder_is_no_answer_to_what_it_became(world: World, alert_id: str) -> None:
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, heard=int(Priority.MEDIUM)) is Became.ALSO
    with world.sessions() as session:
        assert session.get_one(Alert, alert_id).response == "unacked"
        assert session.get(Escalation, alert_id) is not None
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, heard=int(Priority.HIGH)) is Became.DONE


def test_a_resident_ends_no_alarm_with_a_key(world: World, alert_id: str) -> None:
    own = world.contact("13800000000", owner="resident")
    assert say(world, alert_id, Wanted.ACKNOWLEDGE, who=own) is Became.DONE
    assert history(world, alert_id) == [("resident_answered", "ours")]
    with world.sessions() as session:
        assert session.get_one(Alert, alert_id).response == "unacked"
        assert session.get(Escalation, alert_id) is not None


def test_a_link_is_kept_as_a_digest_and_ends(world: World, alert_id: str) -> None:
    now_ms = world.clock.now_ms()
    with world.sessions.begin() as session:
        token, other = mint(session, alert_id, "k-1", now_ms), mint(session, alert_id, "k-1", now_ms)
    assert len(token) >= 22
    assert token != other
    with world.sessions() as session:
        found = asked(session, token, now_ms)
        assert found is not None
        assert (found.alert.id, found.contact.id, found.is_expired) == (alert_id, "k-1", False)
        assert token.encode() not in found.token.sha256
        later = asked(session, token, now_ms + DAY_MS)
        assert later is not None
        assert later.is_expired
        for wrong in ("", token[:-1], token + "x", "ä" * 22, "x" * 5_000):
            assert asked(session, wrong, now_ms) is None


def test_a_link_of_a_contact_that_is_none_any_more_is_none(world: World, alert_id: str) -> None:
    person = world.contact("https://p.example/", owner="user")
    now_ms = world.clock.now_ms()
    with world.sessions.begin() as session:
        session.get_one(Contact, person).owner_id = "u-family"
        theirs, centres = mint(session, alert_id, person, now_ms), mint(session, alert_id, "k-1", now_ms)
    with world.sessions.begin() as session:
        session.get_one(User, "u-family").enabled = False
        session.get_one(Contact, "k-1").enabled = False
    with world.sessions() as session:
        assert asked(session, theirs, now_ms) is None
        assert asked(session, centres, now_ms) is None


def test_a_number_gets_another_code_for_each_alarm_and_keeps_it(world: World, alert_id: str) -> None:
    others = [world.raise_alert("r-ours", kind) for kind in ("fall", "no_motion", "water_leak")]
    twin = world.contact("https://desk.example/", owner="team")
    now_ms = world.clock.now_ms()
    with world.sessions.begin() as session:
        first, same = session.get_one(Contact, "k-1"), session.get_one(Contact, twin)
        codes = [code_for(session, one, first, now_ms) for one in (alert_id, *others)]
        assert codes == [code_for(session, one, first, now_ms) for one in (alert_id, *others)]
        theirs = code_for(session, alert_id, same, now_ms)
    assert len({*codes}) == 4
    assert theirs not in codes[1:]
    assert all(len(one) == 2 and one.isdigit() and one[0] != "0" for one in codes)
