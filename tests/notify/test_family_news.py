"""What relatives are told: an alarm in their words, that it is over and how, that somebody wrote; each once."""

from __future__ import annotations

import json

from alerts.episodes import responses, undoing
from alerts.episodes.relatives import tell_relatives
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import Draft, put
from anhu.registry.care_tables import CareMessage, MessageMark
from anhu.registry.tables import Contact
from notify.channels.webhook.fake import WebhookServer
from tests.api.world import NOW_MS, World
from tests.notify.playing import states, step_once


def _relative(world: World, address: str) -> None:
    with world.sessions.begin() as session:
        owner = {"owner_kind": "user", "owner_id": "u-family", "secret": "s", "min_priority": 0}
        session.add(Contact(id="k-fam", channel="webhook", address=address, **owner))


def _told(receiver: WebhookServer) -> list[dict[str, str]]:
    return [json.loads(call.body) for call in receiver.calls]


def test_a_relative_reads_of_an_alarm_and_how_it_ended_in_own_words(
    either_world: World, receiver: WebhookServer
) -> None:
    _relative(either_world, receiver.url)
    alert = either_world.raise_alert("r-ours")
    step_once(either_world)
    (raised,) = _told(receiver)
    assert "查看情况" in raised["text"]
    assert "处理报警" not in raised["text"]
    assert "您是否前去" in raised["text"]
    with either_world.sessions.begin() as session:
        note = "她滑倒了，没有受伤，护士陪着她。"
        row = responses.close(session, alert, "true", actor="u-desk", now_ms=NOW_MS, note="左髋痛", family_note=note)
        assert tell_relatives(session, row, now_ms=NOW_MS) == 1
        assert tell_relatives(session, row, now_ms=NOW_MS) == 0
    step_once(either_world)
    _, over = _told(receiver)
    assert (over["type"], over["outcome"]) == ("closed_alert", "true")
    assert "护士陪着她" in over["text"]
    assert "左髋痛" not in over["text"]
    assert "https://desk.example/residents/r-ours" in over["text"]


def test_that_it_is_over_is_not_said_when_it_was_taken_back(either_world: World, receiver: WebhookServer) -> None:
    _relative(either_world, receiver.url)
    alert = either_world.raise_alert("r-ours")
    step_once(either_world)
    with either_world.sessions.begin() as session:
        row = responses.close(session, alert, "false", actor="u-desk", now_ms=NOW_MS)
        tell_relatives(session, row, now_ms=NOW_MS)
    with either_world.sessions.begin() as session:
        session.get_one(Alert, alert).is_open = True
    step_once(either_world)
    assert [one["type"] for one in _told(receiver)] == ["alert.raised"]
    assert ("cancelled", 0) in states(either_world)


def test_who_was_told_that_it_is_over_is_told_that_it_is_not_and_then_how_it_ended(
    either_world: World, receiver: WebhookServer
) -> None:
    _relative(either_world, receiver.url)
    alert = either_world.raise_alert("r-ours")
    step_once(either_world)
    for outcome in ("false", "true"):
        with either_world.sessions.begin() as session:
            row = responses.close(session, alert, outcome, actor="u-desk", now_ms=NOW_MS, note="n", family_note="好")
            assert tell_relatives(session, row, now_ms=NOW_MS) == 1
        step_once(either_world)
        with either_world.sessions.begin() as session:
            undoing.reopen(session, alert, actor="u-desk", now_ms=NOW_MS)
        step_once(either_world)
    raised, *news = _told(receiver)
    assert raised["type"] == "alert.raised"
    assert [one["type"] for one in news] == ["closed_alert", "reopened_alert"] * 2
    assert "重新打开" in news[1]["text"]
    assert "好" not in news[1]["text"]


def test_who_was_never_told_that_it_is_over_is_not_told_that_it_is_not(
    either_world: World, receiver: WebhookServer
) -> None:
    _relative(either_world, receiver.url)
    alert = either_world.raise_alert("r-ours")
    with either_world.sessions.begin() as session:
        row = responses.close(session, alert, "false", actor="u-desk", now_ms=NOW_MS)
        assert tell_relatives(session, row, now_ms=NOW_MS) == 0
        undoing.reopen(session, alert, actor="u-desk", now_ms=NOW_MS)
    step_once(either_world)
    assert _told(receiver) == []


def test_a_hint_at_new_messages_says_nothing_of_them_and_is_dropped_when_they_are_read(
    either_world: World, receiver: WebhookServer
) -> None:
    _relative(either_world, receiver.url)

    def write(message_id: int) -> None:
        with either_world.sessions.begin() as session:
            about = {"resident_id": "r-ours", "user_id": "u-desk"}
            session.add(CareMessage(id=message_id, at_ms=NOW_MS, text="血糖很高", key=str(message_id), **about))
            draft = Draft(
                key=f"hint-{message_id}",
                subject=SubjectRef("new_message", "r-ours"),
                contact_id="k-fam",
                reason="new_message",
                priority=Priority.LOW,
                resident_id="r-ours",
                due_at_ms=None,
                data={"message_id": message_id},
            )
            put(session, [draft], now_ms=NOW_MS)

    write(1)
    step_once(either_world)
    (hint,) = _told(receiver)
    assert "张*三" in hint["text"]
    assert "血糖" not in json.dumps(hint, ensure_ascii=False)
    assert "https://desk.example/residents/r-ours/messages" in hint["text"]
    write(2)
    with either_world.sessions.begin() as session:
        session.add(MessageMark(user_id="u-family", resident_id="r-ours", read_id=2, at_ms=NOW_MS))
    step_once(either_world)
    assert len(receiver.calls) == 1
    with either_world.sessions() as session:
        assert [row.state for row in session.query(Outbox).order_by(Outbox.id)] == ["sent", "cancelled"]
