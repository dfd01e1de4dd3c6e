"""A channel that may send a recipient so many messages a minute: the others wait, the most urgent goes first."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event

from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from notify.channel import Channel, Delivery, Message, Recipient, RetryableError
from notify.channel_type import Capabilities, Shows
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import World


class Pigeon(Channel):
    """Takes everything, or refuses it for now."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, str]] = []
        self.refuses = False

    @classmethod
    def from_settings(cls, settings: object, clock: Clock) -> Pigeon:  # noqa: ARG003 - it has none
        return cls()

    async def send(self, message: Message, to: Recipient) -> Delivery:
        if self.refuses:
            raise RetryableError("tired")
        self.carried.append((to.address, str(message.data["kind"])))
        return Delivery()


def pigeons(per_minute: int | None) -> Capabilities:
    return Capabilities(shows=Shows.TEXT, longest_text=40, answerable=True, receipts=frozenset(), per_minute=per_minute)


def dispatcher(world: World, pigeon: Pigeon, per_minute: int | None = 2) -> Dispatcher:
    """Return a new process: it knows nothing but the database."""
    return Dispatcher(
        world.sessions,
        {"pigeon": pigeon},
        world.clock,
        capabilities={"pigeon": pigeons(per_minute)},
        subjects=subjects(),
        jitter=lambda: 0.0,
    )


def step(made: Dispatcher, world: World) -> None:
    asyncio.run(made.step(world.clock.now_ms()))


def states(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.state for row in session.query(Outbox).order_by(Outbox.id)]


KINDS = ("water_leak", "room_temperature", "no_motion")


def test_the_limit_holds_across_restarts_and_nothing_is_lost(either_world: World) -> None:
    either_world.contact("roof", channel="pigeon")
    for kind in KINDS:
        either_world.raise_alert("r-ours", kind)
    pigeon = Pigeon()
    first = dispatcher(either_world, pigeon)
    step(first, either_world)
    assert len(pigeon.carried) == 2
    assert first.counters["held_by_limit"] == 1
    either_world.clock.forward(59 * SECOND_MS)
    step(dispatcher(either_world, pigeon), either_world)
    assert len(pigeon.carried) == 2
    assert states(either_world).count("pending") == 1
    either_world.clock.forward(2 * SECOND_MS)
    last = dispatcher(either_world, pigeon)
    step(last, either_world)
    assert {kind for _, kind in pigeon.carried} == set(KINDS)
    assert last.counters["held_by_limit"] == 0


def test_the_most_urgent_goes_first_and_other_recipients_do_not_wait(either_world: World) -> None:
    either_world.contact("roof", channel="pigeon")
    for kind in KINDS:
        either_world.raise_alert("r-ours", kind)
    either_world.raise_alert("r-ours", "sos")
    pigeon = Pigeon()
    step(dispatcher(either_world, pigeon), either_world)
    assert pigeon.carried[0] == ("roof", "sos")
    assert len(pigeon.carried) == 2
    either_world.contact("cellar", channel="pigeon")
    either_world.raise_alert("r-ours", "smoke")
    step(dispatcher(either_world, pigeon), either_world)
    assert pigeon.carried[2:] == [("cellar", "smoke")]


def test_two_contacts_with_one_address_share_its_limit(either_world: World) -> None:
    either_world.contact("roof", channel="pigeon")
    either_world.contact("roof", channel="pigeon")
    either_world.raise_alert("r-ours", "water_leak", priority=Priority.MEDIUM)
    either_world.raise_alert("r-ours", "no_motion", priority=Priority.MEDIUM)
    pigeon = Pigeon()
    step(dispatcher(either_world, pigeon), either_world)
    assert len(pigeon.carried) == 2


def test_a_refused_attempt_counts_too(either_world: World) -> None:
    either_world.contact("roof", channel="pigeon")
    either_world.raise_alert("r-ours", "water_leak")
    pigeon = Pigeon()
    pigeon.refuses = True
    made = dispatcher(either_world, pigeon)
    for _ in range(4):
        step(made, either_world)
        either_world.clock.forward(5 * SECOND_MS)
    with either_world.sessions() as session:
        assert session.query(Outbox).one().attempts == 2
    either_world.clock.forward(MINUTE_MS)
    pigeon.refuses = False
    step(made, either_world)
    assert pigeon.carried == [("roof", "water_leak")]


def test_what_the_channel_cannot_show_is_cut_and_counted(world: World) -> None:
    world.contact("roof", channel="pigeon")
    world.raise_alert("r-ours", "water_leak")
    made = dispatcher(world, Pigeon())
    step(made, world)
    assert made.counters["cut"] == 1


def test_news_that_a_channel_cannot_have_is_not_believed(world: World, caplog: pytest.LogCaptureFixture) -> None:
    class Boasting(Pigeon):
        async def send(self, message: Message, to: Recipient) -> Delivery:  # noqa: ARG002 - the channel's shape
            return Delivery(state="read")

    world.contact("roof", channel="pigeon")
    world.raise_alert("r-ours", "water_leak")
    made = dispatcher(world, Boasting())
    step(made, world)
    assert states(world) == ["sent"]
    assert made.counters["overclaimed"] == 1
    assert "pigeon" in caplog.text


@pytest.mark.parametrize("per_minute", [None, 1_000])
def test_only_a_limit_costs_a_statement(world: World, per_minute: int | None) -> None:
    world.contact("roof", channel="pigeon")
    world.raise_alert("r-ours", "water_leak")
    made = dispatcher(world, Pigeon(), per_minute)
    said: list[str] = []
    event.listen(world.sessions.kw["bind"], "before_cursor_execute", lambda *args: said.append(args[2]))
    jobs = made._due_work.lease(world.clock.now_ms(), 32, 24, [])
    assert len(jobs) == 1
    selects = [one for one in said if one.lstrip().startswith("SELECT outbox")]
    assert len(selects) == 2, "one for the high ones, one for all"
    assert sum("receipt" in one for one in said) == (per_minute is not None)
