"""What was not sent is sent again: after a crash, a refusal, a clock that was ahead."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from alerts.episodes import responses
from alerts.tables import Escalation
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.outbox.tables import Outbox
from notify import attempts
from notify.attempts import Attempts
from notify.channels.webhook.fake import WebhookServer
from notify.due import DueMessages
from notify.leasing import Job
from notify.receipt_book import Result
from notify.subjects import subjects
from tests.api.world import World
from tests.notify.playing import answers, states, step_once, told


def test_a_receipt_outlives_a_database_that_is_away_for_a_moment(
    world: World, receiver: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.contact(receiver.url)
    world.raise_alert("r-ours")
    away = [OperationalError("away", None, Exception())]
    usual = Attempts._record

    def record(self: Attempts, job: Job, result: Result) -> None:
        if away:
            raise away.pop()
        usual(self, job, result)

    monkeypatch.setattr(Attempts, "_record", record)
    monkeypatch.setattr(attempts, "_KEEP_AFTER_S", (0.0, 0.0))
    step_once(world)
    assert states(world) == [("sent", 1)]


def test_a_crash_between_send_and_receipt_sends_again_with_the_same_key(
    either_world: World, receiver: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    either_world.contact(receiver.url)
    either_world.raise_alert("r-ours")

    async def killed(*_: object) -> None:
        return

    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "_keep", killed)
        step_once(either_world)
    assert states(either_world) == [("sending", 1)]
    step_once(either_world)
    assert len(receiver.calls) == 1, "the lease still holds"
    either_world.clock.forward(31 * SECOND_MS)
    step_once(either_world)
    assert len(set(receiver.keys())) == 1
    assert len(receiver.calls) == 2
    assert states(either_world) == [("sent", 2)]
    either_world.clock.forward(25 * SECOND_MS)
    step_once(either_world)
    assert len(receiver.calls) == 2


def test_attempts_come_slower_and_slower_and_then_it_is_given_up_aloud(
    either_world: World, receiver: WebhookServer
) -> None:
    either_world.contact(receiver.url)
    either_world.raise_alert("r-ours", "fall_suspected")
    receiver.replies = answers(*[500] * 10)
    waits = []
    for _ in range(9):
        step_once(either_world)
        with either_world.sessions() as session:
            row = session.query(Outbox).order_by(Outbox.id).first()
            assert row is not None
            assert row.state == "failed_temporary"
            waits.append((row.due_at_ms - either_world.clock.now_ms()) / SECOND_MS)
            either_world.clock.set(row.due_at_ms)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    step_once(either_world)
    assert states(either_world)[0] == ("failed_permanent", 10)
    assert "notify_failed" in told(either_world)
    assert len(set(receiver.keys()[:10])) == 1


def test_a_call_for_help_is_tried_until_somebody_answers(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    alert = either_world.raise_alert("r-ours")
    receiver.replies = answers(*[503] * 10_000)
    began_ms = either_world.clock.now_ms()
    while either_world.clock.now_ms() < began_ms + 60 * MINUTE_MS:
        step_once(either_world)
        either_world.clock.forward(30 * SECOND_MS)
    (state, attempts), *_ = states(either_world)
    assert state == "failed_temporary"
    assert attempts > 60, "at least once a minute"
    assert told(either_world).count("notify_failed") == 1 + sum(n >= 10 for _, n in states(either_world)[1:])
    receiver.replies = []
    either_world.clock.forward(MINUTE_MS)
    step_once(either_world)
    assert states(either_world)[0] == ("sent", attempts + 1)
    with either_world.sessions.begin() as session:
        responses.acknowledge(session, alert, actor="u-desk", now_ms=either_world.clock.now_ms())
    before = len(receiver.calls)
    either_world.clock.forward(4 * MINUTE_MS)
    step_once(either_world)
    assert len(receiver.calls) == before


def test_a_clock_that_is_set_back_delays_nothing(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    either_world.raise_alert("r-ours")
    step_once(either_world)
    with either_world.sessions.begin() as session:
        due_ms = session.query(Escalation).one().due_at_ms
        DueMessages(subjects()).clock_set_back(session, either_world.clock.now_ms() - 60 * MINUTE_MS, 60 * MINUTE_MS)
    with either_world.sessions() as session:
        assert session.query(Escalation).one().due_at_ms == due_ms - 60 * MINUTE_MS


def test_a_page_written_by_a_clock_that_was_ahead_goes_out_at_once(
    either_world: World, receiver: WebhookServer
) -> None:
    either_world.contact(receiver.url)
    either_world.clock.forward(60 * MINUTE_MS)
    either_world.raise_alert("r-ours")
    either_world.clock.forward(-60 * MINUTE_MS)
    step_once(either_world)
    assert states(either_world) == [("sent", 1)]


def test_a_retry_planned_by_a_clock_that_was_ahead_is_tried_at_once(
    either_world: World, receiver: WebhookServer
) -> None:
    either_world.contact(receiver.url)
    either_world.clock.forward(60 * MINUTE_MS)
    either_world.raise_alert("r-ours")
    receiver.replies = answers(503)
    step_once(either_world)
    either_world.clock.forward(-60 * MINUTE_MS)
    step_once(either_world)
    assert states(either_world)[0] == ("sent", 2)


def test_the_other_side_may_ask_for_more_time(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    world.raise_alert("r-ours")
    receiver.replies = answers(429, Retry_After="45")
    step_once(world)
    world.clock.forward(44 * SECOND_MS)
    step_once(world)
    assert len(receiver.calls) == 1
    world.clock.forward(SECOND_MS)
    step_once(world)
    assert states(world)[0] == ("sent", 2)
