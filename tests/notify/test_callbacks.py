"""What providers call us with: each receipt and answer has exactly one effect, whenever it comes, however often."""

from __future__ import annotations

import asyncio

import pytest

from alerts.episodes import responses
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.outbox.callbacks import ProviderCall, keep
from anhu.outbox.tables import Outbox, Receipt
from anhu.registry.tables import Audit, Contact
from notify.channel import Message
from tests.api.world import World
from tests.notify.calling import Bell, call, dispatcher, keys, states, step, waiting


@pytest.fixture
def bell(either_world: World) -> Bell:
    either_world.contact("roof", channel="bell")
    either_world.raise_alert("r-ours", "sos")
    return Bell()


def receipts(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.state for row in session.query(Receipt).order_by(Receipt.id)]


def stands(world: World) -> tuple[str, str]:
    with world.sessions() as session:
        alert = session.query(Alert).one()
        return alert.response, alert.assignee


def lines(world: World, what: str) -> int:
    with world.sessions() as session:
        return session.query(AlertEvent).filter_by(what=what).count()


def test_a_receipt_goes_forward_only_and_counts_once(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    for state, stood in (("delivered", "delivered"), ("read", "read"), ("delivered", "read"), ("read", "read")):
        call(either_world, {"provider_id": "b-1", "state": state})
        step(made, either_world)
        assert states(either_world) == [stood]
    assert receipts(either_world) == ["sent", "delivered", "read"]
    assert made.counters["callbacks"] == 4


def test_one_that_comes_before_the_answer_waits_for_it(either_world: World, bell: Bell) -> None:
    def too_early(_message: Message) -> None:
        call(either_world, {"provider_id": "b-1", "state": "delivered"})

    bell.before_answer = too_early
    made = dispatcher(either_world, bell)
    asyncio.run(made.step(either_world.clock.now_ms()))
    either_world.clock.forward(SECOND_MS)
    step(made, either_world)
    assert states(either_world) == ["delivered"]
    assert len(bell.rung) == 1


def test_one_that_waits_does_not_wait_for_a_clock_that_was_ahead(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    either_world.clock.forward(HOUR_MS)
    call(either_world, {"provider_id": "b-1", "state": "delivered"})
    made._callbacks.apply_due(either_world.clock.now_ms())
    ((due_ms, _),) = waiting(either_world)
    either_world.clock.forward(-HOUR_MS)
    made._due_work.clock_set_back(either_world.clock.now_ms(), HOUR_MS)
    assert waiting(either_world) == [((due_ms or 0) - HOUR_MS, "")]


def test_one_kept_by_a_clock_that_was_ahead_is_looked_at_by_a_process_that_began_later(
    either_world: World, bell: Bell
) -> None:
    either_world.clock.forward(HOUR_MS)
    call(either_world, {"provider_id": "b-1", "state": "delivered"})
    either_world.clock.forward(-HOUR_MS)
    made = dispatcher(either_world, bell)
    made._callbacks.apply_due(either_world.clock.now_ms())
    ((due_ms, _),) = waiting(either_world)
    assert due_ms == either_world.clock.now_ms() + SECOND_MS, "looked at once, and its message waited for"


def test_what_arrived_although_its_answer_was_lost_is_not_sent_again(either_world: World, bell: Bell) -> None:
    bell.lies = 1
    made = dispatcher(either_world, bell)
    step(made, either_world)
    assert states(either_world) == ["failed_temporary"]
    call(either_world, {"key": keys(either_world)[0], "provider_id": "b-1", "state": "delivered"})
    step(made, either_world)
    either_world.clock.forward(10 * MINUTE_MS)
    step(made, either_world)
    assert states(either_world)[0] == "delivered"
    assert bell.rung[0].idempotency_key not in [one.idempotency_key for one in bell.rung[1:]]


def test_a_call_that_nobody_took_is_made_again(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"provider_id": "b-1", "state": "failed", "again_after_s": 20.0, "detail": "busy"})
    call(either_world, {"provider_id": "b-1", "state": "failed", "again_after_s": 20.0, "detail": "busy"})
    step(made, either_world)
    assert states(either_world) == ["failed_temporary"]
    assert receipts(either_world) == ["sent", "failed_temporary"]
    either_world.clock.forward(21 * SECOND_MS)
    step(made, either_world)
    assert len(bell.rung) == 2
    assert states(either_world) == ["sent"]


def test_one_that_failed_for_good_says_so_and_the_next_are_told(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"provider_id": "b-1", "state": "failed", "detail": "no such number"})
    step(made, either_world)
    assert states(either_world)[0] == "failed_permanent"
    assert lines(either_world, "notify_failed") == 1
    assert lines(either_world, "nobody_told") == 1


def test_a_key_has_the_alarm_at_once_even_before_the_answer_to_the_sending(either_world: World, bell: Bell) -> None:
    def pressed(message: Message) -> None:
        call(either_world, {"key": message.idempotency_key, "answer": "acknowledge", "event": "c-1:1"})
        either_world_step = dispatcher(either_world, bell)
        step(either_world_step, either_world)

    bell.before_answer = pressed
    step(dispatcher(either_world, bell), either_world)
    assert stands(either_world) == ("acknowledged", "ours")
    with either_world.sessions() as session:
        (row,) = session.query(Audit)
        assert (row.user_id, row.action, row.address) == ("ours", "alert.acknowledge", "203.0.113.9")


def test_a_key_twice_is_once_and_after_the_end_it_is_nothing(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    pressed = {"key": keys(either_world)[0], "answer": "acknowledge", "event": "c-1:1"}
    call(either_world, pressed)
    call(either_world, pressed)
    step(made, either_world)
    assert lines(either_world, "acknowledged") == 1
    with either_world.sessions.begin() as session:
        (alert,) = session.query(Alert)
        responses.close(session, alert.id, "false", actor="u-desk", now_ms=either_world.clock.now_ms())
    call(either_world, {**pressed, "event": "c-2:1"})
    step(made, either_world)
    assert stands(either_world) == ("closed", "u-desk")


def test_two_dispatchers_apply_a_call_once(either_world: World, bell: Bell) -> None:
    one, two = dispatcher(either_world, bell), dispatcher(either_world, bell)
    step(one, either_world)
    for number in range(20):
        call(either_world, {"key": keys(either_world)[0], "answer": "cannot", "event": f"c-{number}"})

    async def both() -> None:
        now_ms = either_world.clock.now_ms()
        await asyncio.gather(one.step(now_ms), two.step(now_ms))

    asyncio.run(both())
    assert one.counters["callbacks"] + two.counters["callbacks"] == 20
    assert lines(either_world, "declined") == 1
    with either_world.sessions() as session:
        assert session.query(Audit).count() == 20


def test_what_is_about_nothing_that_was_sent_is_given_up_and_counted(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"provider_id": "nobody", "state": "delivered"})
    for _ in range(12):
        step(made, either_world)
        either_world.clock.forward(10 * MINUTE_MS)
    assert waiting(either_world) == [(None, "about nothing that was sent: nobody")]
    assert made.counters["callbacks_unmatched"] == 1


def test_one_that_cannot_be_read_holds_up_no_other(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    with either_world.sessions.begin() as session:
        keep(session, "bell", ProviderCall("POST", {}, {}, b"\xff"), address="", now_ms=either_world.clock.now_ms())
    call(either_world, {"nonsense": 1})
    call(either_world, {"provider_id": "b-1", "state": "delivered"})
    step(made, either_world)
    assert states(either_world) == ["delivered"]
    assert made.counters["callbacks_unreadable"] == 2


def test_a_reply_means_the_only_open_alarm_or_the_one_it_names(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"address": "roof", "answer": "acknowledge", "text": "1", "event": "m-1"})
    step(made, either_world)
    assert stands(either_world) == ("acknowledged", "ours")


def test_a_reply_that_could_mean_two_alarms_ends_none_and_the_desk_sees_it(either_world: World, bell: Bell) -> None:
    fall = either_world.raise_alert("r-ours", "fall")
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"address": "roof", "answer": "acknowledge", "text": "1", "event": "m-1"})
    step(made, either_world)
    with either_world.sessions() as session:
        assert {alert.response for alert in session.query(Alert)} == {"unacked"}
    assert lines(either_world, "reply_unclear") == 2
    assert made.counters["replies_unclear"] == 1
    code = next(str(one.data["reply_code"]) for one in bell.rung if one.data["alert_id"] == fall)
    call(either_world, {"address": "roof", "answer": "on_the_way", "code": code, "text": f"2 {code}", "event": "m-2"})
    step(made, either_world)
    with either_world.sessions() as session:
        assert {alert.kind: alert.response for alert in session.query(Alert)} == {
            "fall": "on_the_way",
            "sos": "unacked",
        }


def test_a_reply_of_a_stranger_or_one_who_is_no_contact_any_more_is_nothing(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"address": "cellar", "answer": "acknowledge", "text": "1"})
    step(made, either_world)
    with either_world.sessions.begin() as session:
        session.query(Contact).one().enabled = False
    call(either_world, {"address": "roof", "answer": "acknowledge", "text": "1"})
    step(made, either_world)
    assert stands(either_world) == ("unacked", "")
    assert made.counters["replies_of_strangers"] == 2


def test_a_reply_that_says_something_else_is_shown_to_the_desk(either_world: World, bell: Bell) -> None:
    made = dispatcher(either_world, bell)
    step(made, either_world)
    call(either_world, {"address": "roof", "text": "谁啊", "event": "m-1"})
    step(made, either_world)
    assert stands(either_world) == ("unacked", "")
    with either_world.sessions() as session:
        (line,) = session.query(AlertEvent).filter_by(what="reply_unclear")
        assert line.text == "谁啊"


def test_the_answer_to_a_message_that_is_no_alarms_is_none(either_world: World, bell: Bell) -> None:
    with either_world.sessions.begin() as session:
        row = session.query(Outbox).one()
        row.subject_kind, row.subject_id = "nobodys_call", "watch-x"
    made = dispatcher(either_world, bell)
    call(either_world, {"key": keys(either_world)[0], "answer": "acknowledge"})
    step(made, either_world)
    assert made.counters["replies_unclear"] == 1
    assert stands(either_world) == ("unacked", "")
