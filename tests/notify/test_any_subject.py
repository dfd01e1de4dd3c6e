"""The outbox carries what is no alert, all the way: written, leased, sent, tried again, answered for, cancelled."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from alerts.tables import AlertEvent
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import Outbox, Receipt
from anhu.outbox.writing import Draft, put
from notify.channels import capabilities, open_channels
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import Reply, WebhookServer
from notify.composer import Composer
from notify.dispatcher import Dispatcher
from notify.due import DueMessages
from notify.leasing import Leasing
from notify.recipient_limits import RecipientLimits
from notify.subject import MessageStyle
from tests.api.world import NOW_MS, World
from tests.notify.playing import states
from tests.notify.reminders import WITH_REMINDERS, ReminderBase, Reminders


@pytest.fixture
def reminders(either_world: World) -> Reminders:
    ReminderBase.metadata.create_all(either_world.sessions.kw["bind"])
    return Reminders(either_world)


def dispatch(world: World) -> dict[str, int]:
    """Do what is due at the world's time, as one process that then ends; return its counters."""

    async def whole() -> dict[str, int]:
        channels = open_channels({"webhook": WebhookSettings(webhook_private=True)}, world.clock)
        made = Dispatcher(
            world.sessions,
            channels,
            world.clock,
            capabilities=capabilities(),
            subjects=WITH_REMINDERS,
            public_url="https://desk.example",
            jitter=lambda: 0.0,
        )
        await made.step(world.clock.now_ms())
        await asyncio.to_thread(made._due_work.lease_if_due, world.clock.now_ms(), 0, 0, [])
        for channel in channels.values():
            await channel.close()
        return dict(made.counters)

    return asyncio.run(whole())


def receipts(world: World) -> list[str]:
    with world.sessions() as session:
        return list(session.scalars(select(Receipt.detail).order_by(Receipt.id)))


def test_a_reminder_is_put_into_its_own_words_and_answered_for(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    dispatch(reminders.world)
    (call,) = receiver.calls
    body = json.loads(call.body)
    assert (body["type"], body["reminder_id"], body["subject"]) == ("reminder", "m-1", "take your pills")
    assert body["text"].startswith("take your pills (张小三)\n")
    assert "https://desk.example/reminders/m-1" in body["text"]
    assert states(reminders.world) == [("sent", 1)]
    assert receipts(reminders.world) == ["HTTP 204"]
    assert reminders.told() == "sent"


def test_the_same_message_is_written_once(reminders: Reminders, receiver: WebhookServer) -> None:
    contact = reminders.world.contact(receiver.url)
    assert reminders.write(contact) == 1
    assert reminders.write(contact) == 0
    dispatch(reminders.world)
    assert reminders.write(contact) == 0
    dispatch(reminders.world)
    assert len(receiver.calls) == 1


def test_the_database_refuses_a_key_that_two_wrote_at_once(reminders: Reminders, receiver: WebhookServer) -> None:
    contact = reminders.world.contact(receiver.url)
    reminders.write(contact)
    draft = Draft(
        key=f"m-1:{contact}", subject=SubjectRef("reminder", "m-1"), contact_id=contact, reason="due",
        priority=Priority.LOW, resident_id=None, due_at_ms=None, data={},
    )  # fmt: skip
    with pytest.raises(IntegrityError), reminders.world.sessions.begin() as session:
        put(session, [draft], now_ms=NOW_MS, all_new=True)


def test_what_is_not_committed_was_never_said(reminders: Reminders, receiver: WebhookServer) -> None:
    contact = reminders.world.contact(receiver.url)
    draft = Draft(
        key="never", subject=SubjectRef("reminder", "m-1"), contact_id=contact, reason="due",
        priority=Priority.LOW, resident_id=None, due_at_ms=None, data={},
    )  # fmt: skip

    def fails(sessions: sessionmaker[Session]) -> None:
        with sessions.begin() as session:
            put(session, [draft], now_ms=NOW_MS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails(reminders.world.sessions)
    dispatch(reminders.world)
    assert receiver.calls == []


def test_it_is_tried_again_with_the_same_key(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    receiver.refuse(1)
    dispatch(reminders.world)
    assert states(reminders.world) == [("failed_temporary", 1)]
    reminders.world.clock.forward(SECOND_MS)
    dispatch(reminders.world)
    assert len(receiver.calls) == 1
    reminders.world.clock.forward(SECOND_MS)
    dispatch(reminders.world)
    assert states(reminders.world) == [("sent", 2)]
    assert len(set(receiver.keys())) == 1
    assert receipts(reminders.world) == ["HTTP 503", "HTTP 204"]


def test_a_lease_that_ran_out_is_taken_again(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    with reminders.world.sessions.begin() as session:
        row = session.query(Outbox).one()
        row.state, row.attempts, row.lease_until_ms = "sending", 1, NOW_MS + 30 * SECOND_MS
    dispatch(reminders.world)
    assert receiver.calls == []
    reminders.world.clock.forward(31 * SECOND_MS)
    dispatch(reminders.world)
    assert states(reminders.world) == [("sent", 2)]


def test_done_in_time_nothing_is_sent(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    reminders.finish()
    dispatch(reminders.world)
    assert receiver.calls == []
    assert states(reminders.world) == [("cancelled", 0)]


def test_done_while_it_was_sent_it_is_not_tried_again(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    receiver.refuse(1)
    receiver.before_answer = reminders.finish
    dispatch(reminders.world)
    assert states(reminders.world) == [("cancelled", 1)]


def test_cancelling_one_leaves_the_others(reminders: Reminders, receiver: WebhookServer) -> None:
    contact = reminders.world.contact(receiver.url)
    reminders.write(contact, reminder_id="m-1")
    reminders.write(contact, reminder_id="m-2")
    reminders.world.raise_alert("r-ours")
    reminders.finish("m-1")
    dispatch(reminders.world)
    assert states(reminders.world) == [("cancelled", 0), ("sent", 1), ("sent", 1)]
    assert sorted(json.loads(call.body)["type"] for call in receiver.calls) == ["alert.raised", "reminder"]


def test_an_alert_is_taken_before_a_reminder_that_waits_longer(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    reminders.world.clock.forward(SECOND_MS)
    reminders.world.raise_alert("r-ours")
    composer = Composer(WITH_REMINDERS, capabilities(), MessageStyle("", UTC))
    leasing = Leasing(DueMessages(WITH_REMINDERS), composer)
    with reminders.world.sessions.begin() as session:
        jobs = leasing.lease(
            session,
            reminders.world.clock.now_ms(),
            until_ms=NOW_MS + HOUR_MS,
            limit=1,
            min_priority=Priority.INFO,
            busy={},
            per_contact=9,
            spent=RecipientLimits({}).spent(session, NOW_MS),
        )
    assert [job.subject.kind for job in jobs] == ["alert"]


def test_who_can_never_be_told_is_known_to_the_subject(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    receiver.refuse(1, for_good=True)
    dispatch(reminders.world)
    assert states(reminders.world) == [("failed_permanent", 1)]
    assert reminders.told() == "failed: HTTP 410; others: False"
    with reminders.world.sessions() as session:
        assert session.query(AlertEvent).count() == 0


def test_what_is_for_tomorrow_waits_for_tomorrow(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url), at_ms=NOW_MS + DAY_MS)
    dispatch(reminders.world)
    reminders.world.clock.forward(DAY_MS - 1)
    dispatch(reminders.world)
    assert receiver.calls == []
    reminders.world.clock.forward(1)
    dispatch(reminders.world)
    assert len(receiver.calls) == 1


def test_a_clock_set_back_does_not_move_what_is_for_a_time_of_the_wall(
    reminders: Reminders, receiver: WebhookServer
) -> None:
    reminders.write(reminders.world.contact(receiver.url), at_ms=NOW_MS + HOUR_MS)
    with reminders.world.sessions.begin() as session:
        DueMessages(WITH_REMINDERS).clock_set_back(session, NOW_MS - HOUR_MS, HOUR_MS)
    with reminders.world.sessions() as session:
        assert session.query(Outbox).one().due_at_ms == NOW_MS + HOUR_MS


def test_a_reminder_that_is_gone_fails_aloud(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    reminders.forget()
    counters = dispatch(reminders.world)
    assert states(reminders.world) == [("failed_permanent", 1)]
    assert receipts(reminders.world) == ["the reminder m-1 is gone"]
    assert counters["broken"] == 1


def test_one_that_cannot_be_said_does_not_silence_an_alert(reminders: Reminders, receiver: WebhookServer) -> None:
    contact = reminders.world.contact(receiver.url)
    reminders.write(contact, words="unspeakable", priority=Priority.HIGH)
    reminders.world.raise_alert("r-ours")
    counters = dispatch(reminders.world)
    assert states(reminders.world) == [("failed_permanent", 1), ("sent", 1)]
    assert receipts(reminders.world) == ["it cannot be put into words: KeyError", "HTTP 204"]
    assert reminders.told().startswith("failed: it cannot be put into words")
    assert counters["broken"] == 1


@pytest.mark.parametrize("words", ["undecidable", "untellable"])
def test_a_subject_that_breaks_is_counted_and_its_message_sent_once(
    reminders: Reminders, receiver: WebhookServer, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    reminders.write(reminders.world.contact(receiver.url), words=words)
    counters = dispatch(reminders.world)
    reminders.world.clock.forward(MINUTE_MS)
    dispatch(reminders.world)
    assert states(reminders.world) == [("sent", 1)]
    assert len(receiver.calls) == counters["broken"] == 1
    assert "KeyError" in caplog.text


def test_what_nobody_knows_waits_and_is_counted_and_logged(
    reminders: Reminders, receiver: WebhookServer, caplog: pytest.LogCaptureFixture
) -> None:
    contact = reminders.world.contact(receiver.url)
    reminders.write(contact)
    with reminders.world.sessions.begin() as session:
        session.query(Outbox).update({"subject_kind": "referral"})
    reminders.world.raise_alert("r-ours")
    counters = dispatch(reminders.world)
    assert counters["unknown_subjects"] == 1
    assert (
        "nobody here knows what they are about: 1 (known: account_message, alert, closed_alert, "
        "new_message, nobodys_call, reminder, rota_gap, rota_swap, silent_question)" in caplog.text
    )
    assert states(reminders.world) == [("pending", 0), ("sent", 1)], "it waits for a version that knows it"
    with reminders.world.sessions.begin() as session:
        session.query(Outbox).filter_by(subject_kind="referral").update({"subject_kind": "reminder"})
    reminders.world.clock.forward(MINUTE_MS)
    counters = dispatch(reminders.world)
    assert counters.get("unknown_subjects", 0) == 0
    assert [json.loads(call.body)["type"] for call in receiver.calls].count("reminder") == 1


def test_a_low_reminder_is_given_up_after_its_attempts(reminders: Reminders, receiver: WebhookServer) -> None:
    reminders.write(reminders.world.contact(receiver.url))
    receiver.replies = [Reply(status=503, headers={})] * 20
    for _ in range(12):
        dispatch(reminders.world)
        reminders.world.clock.forward(5 * MINUTE_MS)
    assert states(reminders.world) == [("failed_permanent", 10)]
    assert reminders.told() == "failed: HTTP 503; others: False"
