"""The dispatcher on both databases, against a real receiver: nobody is forgotten, nobody is paged after an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from alerts.episodes import responses
from alerts.tables import AlertEvent, Escalation
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock, SystemClock
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox, Receipt
from anhu.registry.tables import Contact
from notify import attempts
from notify.attempts import Attempts
from notify.channel import Channel, Delivery, Message, Recipient
from notify.channel_type import Capabilities, Shows
from notify.channels import capabilities, open_channels
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import Reply, WebhookServer
from notify.dispatcher import Dispatcher
from notify.leasing import Due, Job, Leasing
from notify.pace import Pace
from notify.receipt_book import Result
from notify.subject import MessageStyle
from notify.subjects import subjects
from tests.api.world import NOW_MS, World


@pytest.fixture
def receiver() -> Iterator[WebhookServer]:
    with WebhookServer() as started:
        yield started


def answers(*statuses: int, **headers: str) -> list[Reply]:
    """Return what a receiver answers to its next calls."""
    return [Reply(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}) for status in statuses]


Scene = Callable[[Dispatcher], Coroutine[Any, Any, None]]


def play(world: World, scene: Scene, *, pace: Pace | None = None, clock: Clock | None = None) -> None:
    """Run a scene with a dispatcher whose jitter is nought."""

    async def whole() -> None:
        channels = open_channels({"webhook": WebhookSettings(webhook_private=True)}, clock or world.clock)
        dispatcher = Dispatcher(
            world.sessions,
            channels,
            clock or world.clock,
            capabilities=capabilities(),
            subjects=subjects(),
            public_url="https://desk.example",
            pace=pace,
            jitter=lambda: 0.0,
        )
        try:
            await scene(dispatcher)
        finally:
            for channel in channels.values():
                await channel.close()

    asyncio.run(whole())


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


def step_once(world: World) -> None:
    """Do what is due at the world's time, as one process that then ends."""

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.step(world.clock.now_ms())

    play(world, scene)


def states(world: World) -> list[tuple[str, int]]:
    with world.sessions() as session:
        return [(row.state, row.attempts) for row in session.query(Outbox).order_by(Outbox.id)]


def told(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.what for row in session.query(AlertEvent).order_by(AlertEvent.id)]


def test_a_fall_reaches_the_centre_with_little_about_the_person(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    alert = either_world.raise_alert("r-ours", late=True)
    step_once(either_world)
    (call,) = receiver.calls
    body = json.loads(call.body)
    assert body["type"] == "alert.raised"
    assert (body["alert_id"], body["kind"], body["priority"], body["late"]) == (alert, "fall", "high", True)
    assert body["resident_name"] == "张*三"
    assert body["link"] == f"https://desk.example/desk?alert={alert}"
    assert body["subject"] == "【安护】跌倒：张*三（紧急）"
    assert "2026-11-23 12:00:00 (UTC+0800)" in body["text"]
    assert "延迟上报" in body["text"]
    for private in ("张小三", "幸福里", "13800000000", "key at 502", "signing-secret", "1941"):
        assert private not in call.body.decode()
    assert states(either_world) == [("sent", 1)]
    with either_world.sessions() as session:
        (receipt,) = session.query(Receipt)
        assert (receipt.state, receipt.detail, receipt.at_ms) == ("sent", "HTTP 204", NOW_MS)


def test_the_message_speaks_the_recipients_language(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url, language="en")
    world.raise_alert("r-ours")
    step_once(world)
    assert json.loads(receiver.calls[0].body)["subject"] == "[Anhu] Fall: 张*三 (high)"


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


def test_a_crashed_message_is_not_sent_after_an_answer(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    alert = either_world.raise_alert("r-ours")
    with either_world.sessions.begin() as session:
        row = session.query(Outbox).one()
        row.state, row.attempts, row.lease_until_ms = "sending", 1, NOW_MS + 1_000
        responses.acknowledge(session, alert, actor="u-desk", now_ms=NOW_MS)
    either_world.clock.forward(5 * MINUTE_MS)
    step_once(either_world)
    assert receiver.calls == []
    assert states(either_world) == [("cancelled", 1)]


def test_an_answer_in_the_very_moment_stops_what_is_not_yet_sent(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    world.answer_behind(world.raise_alert("r-ours"))
    step_once(world)
    assert receiver.calls == []
    assert states(world) == [("cancelled", 0)]


def test_an_answer_while_it_is_sent_stops_the_next_attempt(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    alert = world.raise_alert("r-ours")
    receiver.replies = answers(503)

    def answer() -> None:
        with world.sessions.begin() as session:
            responses.acknowledge(session, alert, actor="u-desk", now_ms=NOW_MS)

    receiver.before_answer = answer
    step_once(world)
    assert states(world) == [("cancelled", 1)]
    world.clock.forward(MINUTE_MS * 30)
    step_once(world)
    assert len(receiver.calls) == 1


def test_worsening_is_told_although_somebody_is_on_scene(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    alert = world.raise_alert("r-ours", "fall")
    with world.sessions.begin() as session:
        responses.on_scene(session, alert, actor="u-desk", now_ms=NOW_MS)
    world.raise_alert("r-ours", "long_lie")
    step_once(world)
    (call,) = receiver.calls
    assert json.loads(call.body)["type"] == "alert.worsened"


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
    either_world.clock.forward(60 * MINUTE_MS)
    step_once(either_world)
    assert len(receiver.calls) == before


def test_a_call_for_help_does_not_wait_behind_a_storm_at_the_same_contact(
    either_world: World, receiver: WebhookServer
) -> None:
    either_world.contact(receiver.url)
    for kind in ("water_leak", "room_temperature", "no_motion", "bathroom_dwell", "bed_exit", "not_up"):
        either_world.raise_alert("r-ours", kind)

    async def scene(dispatcher: Dispatcher) -> None:
        storm = dispatcher._lease(either_world.clock.now_ms(), 32, 24, [])
        assert len(storm) == 4, "no more to one contact at once"
        either_world.raise_alert("r-ours", "sos")
        (job,) = dispatcher._lease(either_world.clock.now_ms(), 28, 20, storm)
        assert job.message.data["kind"] == "sos"

    play(either_world, scene)


def test_a_clock_that_is_set_back_delays_nothing(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    either_world.raise_alert("r-ours")
    step_once(either_world)
    with either_world.sessions.begin() as session:
        due_ms = session.query(Escalation).one().due_at_ms
        leasing = Leasing(subjects(), capabilities(), MessageStyle("", ZoneInfo("UTC")))
        leasing.clock_set_back(session, either_world.clock.now_ms() - 60 * MINUTE_MS, 60 * MINUTE_MS)
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


def test_when_nobody_can_be_told_the_next_step_comes_at_once(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(f"{receiver.url}?gone")
    either_world.contact(receiver.url, owner="team")
    receiver.replies = answers(410, 404)  # the centre's, at once and again after what would be 60 s
    either_world.raise_alert("r-ours", "smoke")
    step_once(either_world)
    assert told(either_world) == ["raised", "notify_failed", "escalated", "notify_failed", "escalated"]
    assert [state for state, _ in states(either_world)] == ["failed_permanent", "failed_permanent", "sent"]


def test_the_repeats_are_kept_when_nobody_can_be_told(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    world.contact(receiver.url, owner="team")
    receiver.replies = answers(*[410] * 20)
    world.raise_alert("r-ours", "smoke")
    step_once(world)
    assert len(receiver.calls) == 5, "centre, centre, team, both"
    with world.sessions() as session:
        assert session.query(Escalation).one().due_at_ms > NOW_MS


def test_an_unanswered_smoke_alarm_climbs_the_ladder(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(f"{receiver.url}?centre")
    either_world.contact(f"{receiver.url}?team", owner="team")
    alert = either_world.raise_alert("r-ours", "smoke")
    counts = []
    for second in (0, 59, 60, 179, 180, 299, 300):
        either_world.clock.set(NOW_MS + second * SECOND_MS)
        step_once(either_world)
        counts.append(len(receiver.calls))
    assert counts == [1, 1, 2, 2, 3, 3, 5]
    assert json.loads(receiver.calls[-1].body)["prompt_emergency"] is True
    assert "120" in json.loads(receiver.calls[-1].body)["text"]
    assert len(set(receiver.keys())) == 5
    with either_world.sessions.begin() as session:
        responses.acknowledge(session, alert, actor="u-desk", now_ms=either_world.clock.now_ms())
    either_world.clock.forward(60 * MINUTE_MS)
    step_once(either_world)
    assert len(receiver.calls) == 5


def test_a_contact_that_was_switched_off_or_has_no_channel_is_not_used(world: World, receiver: WebhookServer) -> None:
    off = world.contact(receiver.url)
    world.contact("13800000000", channel="pigeon")
    world.raise_alert("r-ours")
    with world.sessions.begin() as session:
        session.get_one(Contact, off).enabled = False
    step_once(world)
    assert receiver.calls == []
    assert states(world)[:2] == [("cancelled", 0), ("failed_permanent", 1)]
    with world.sessions() as session:
        assert all("pigeon" in row.detail for row in session.query(Receipt))


class Stalling(Channel):
    """Takes what it gets when it is told to go on."""

    time_limit_s = 0.2

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.go_on = asyncio.Event()

    @classmethod
    def from_settings(cls, settings: object, clock: Clock) -> Stalling:
        raise NotImplementedError

    async def send(self, message: Message, to: Recipient) -> Delivery:  # noqa: ARG002 - the channel's shape
        self.taken.append(to.address)
        await self.go_on.wait()
        return Delivery(state="delivered")


KNOWS_DELIVERY = {
    "webhook": Capabilities(
        shows=Shows.LINKS, longest_text=None, answerable=False, receipts=frozenset({"delivered"}), per_minute=None
    )
}


def stalling(world: World, channel: Channel, **more: Any) -> Dispatcher:  # noqa: ANN401 - whatever a dispatcher takes
    """Return a dispatcher whose only channel is this one."""
    return Dispatcher(
        world.sessions, {"webhook": channel}, world.clock, capabilities=KNOWS_DELIVERY, subjects=subjects(), **more
    )


def test_taken_but_not_answered_in_time_is_sent_again_with_the_same_key(world: World) -> None:
    world.contact("x")
    world.raise_alert("r-ours")

    async def scene() -> None:
        channel = Stalling()
        dispatcher = stalling(world, channel, jitter=lambda: 0.0)
        await dispatcher.step(NOW_MS)
        assert states(world) == [("failed_temporary", 1)]
        channel.go_on.set()
        await dispatcher.step(world.clock.forward(2 * SECOND_MS))
        assert states(world) == [("delivered", 2)]
        assert channel.taken == ["x", "x"]

    asyncio.run(scene())
    with world.sessions() as session:
        details = [row.detail for row in session.query(Receipt).order_by(Receipt.id)]
    assert details == ["no answer within 0.2 s", ""]


def test_one_contact_that_hangs_and_low_messages_leave_room_for_high(world: World) -> None:
    for number in range(12):
        world.contact(f"low-{number % 3}", owner="centre")
    world.raise_alert("r-ours", "water_leak", priority=Priority.MEDIUM)
    world.raise_alert("r-ours", "smoke")

    async def scene() -> None:
        channel = Stalling()
        pace = Pace(at_once=6, kept_for_high=3, per_contact=1)
        dispatcher = stalling(world, channel, pace=pace)
        await dispatcher._start_due(NOW_MS)
        await asyncio.sleep(0)
        with world.sessions() as session:
            rows = session.query(Outbox).filter_by(state="sending")
            assert {row.priority for row in rows} == {3}
            assert rows.count() == 6
        channel.go_on.set()
        await asyncio.gather(*dispatcher._running)
        await dispatcher.step(NOW_MS)
        assert {state for state, _ in states(world)} == {"delivered"}

    asyncio.run(scene())


class Broken(Stalling):
    async def send(self, message: Message, to: Recipient) -> Delivery:  # noqa: ARG002 - the channel's shape
        raise ZeroDivisionError(to.secret)


def test_a_channel_that_breaks_its_promise_ends_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.contact("x")
    world.raise_alert("r-ours")

    async def scene() -> None:
        dispatcher = stalling(world, Broken())
        await dispatcher.step(NOW_MS)

    asyncio.run(scene())
    assert states(world) == [("failed_temporary", 1)]
    assert "broke its promise" in caplog.text
    assert "signing-secret" not in caplog.text


def test_the_loop_wakes_within_a_blink_and_stops_when_told(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    clock = SystemClock()
    either_world.clock.set(clock.now_ms())

    async def scene(dispatcher: Dispatcher) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(stop))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await asyncio.to_thread(either_world.raise_alert, "r-ours")
        await until(lambda: states(either_world) == [("sent", 1)])
        assert time.monotonic() - began < 5
        assert len(receiver.calls) == 1
        stop.set()
        await asyncio.wait_for(running, 5)

    play(either_world, scene, clock=clock)


def test_the_loop_outlives_a_database_that_is_away(
    world: World, receiver: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.contact(receiver.url)
    world.raise_alert("r-ours")
    failures = iter([True])
    real = Leasing.next_due

    def sometimes(self: Leasing, session: Session, now_ms: int) -> Due:
        with suppress(StopIteration):
            next(failures)
            raise OperationalError("away", None, Exception())
        return real(self, session, now_ms)

    monkeypatch.setattr(Leasing, "next_due", sometimes)

    async def scene(dispatcher: Dispatcher) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(stop))
        await until(lambda: bool(receiver.calls))
        stop.set()
        await running
        assert len(receiver.calls) == 1
        assert dispatcher.counters["database_errors"] == 1

    play(world, scene)
