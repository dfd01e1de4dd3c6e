"""The dispatcher's loop, and channels that hang or break their promise."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS, Clock, SystemClock
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox, Receipt
from notify.channel import Channel, Delivery, Message, Recipient
from notify.channel_type import Capabilities, Shows
from notify.channels.webhook.fake import WebhookServer
from notify.dispatcher import Dispatcher
from notify.due import Due, DueMessages
from notify.pace import Pace
from notify.subjects import subjects
from tests.api.world import NOW_MS, World
from tests.notify.playing import play, states, until


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
        await asyncio.to_thread(either_world.raise_alert, "r-ours")
        await until(lambda: states(either_world) == [("sent", 1)])
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
    real = DueMessages.next_due

    def sometimes(self: DueMessages, session: Session, now_ms: int) -> Due:
        with suppress(StopIteration):
            next(failures)
            raise OperationalError("away", None, Exception())
        return real(self, session, now_ms)

    monkeypatch.setattr(DueMessages, "next_due", sometimes)

    async def scene(dispatcher: Dispatcher) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(stop))
        await until(lambda: bool(receiver.calls))
        stop.set()
        await running
        assert len(receiver.calls) == 1
        assert dispatcher.counters["database_errors"] == 1

    play(world, scene)
