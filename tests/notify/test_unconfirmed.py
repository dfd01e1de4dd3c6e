"""A provider that takes a message and forgets it: shown as not confirmed, nothing is doubled, others are told early."""

from __future__ import annotations

import asyncio

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Receipt
from anhu.registry.tables import Contact
from notify.unconfirmed import WAIT_MS
from tests.api.world import World
from tests.notify.calling import Bell, call, dispatcher, states
from tests.notify.playing import told


def step(world: World, bell: Bell, forward_ms: int = 0) -> None:
    world.clock.forward(forward_ms)
    asyncio.run(dispatcher(world, bell).step(world.clock.now_ms()))


def receipts(world: World) -> list[str]:
    with world.sessions() as session:
        return [row.state for row in session.query(Receipt).order_by(Receipt.id)]


def test_no_receipt_is_shown_once_and_nothing_is_sent_again_for_it(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    either_world.raise_alert("r-ours", "no_motion", priority=Priority.MEDIUM)
    bell = Bell()
    step(either_world, bell)
    step(either_world, bell, WAIT_MS - SECOND_MS)
    assert receipts(either_world) == ["sent"]
    for _ in range(3):
        step(either_world, bell, 2 * SECOND_MS)
    assert receipts(either_world) == ["sent", "unconfirmed"]
    assert told(either_world).count("message_unconfirmed") == 1
    assert len(bell.rung) == 1


def test_a_receipt_in_time_leaves_nothing_to_miss(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    either_world.raise_alert("r-ours", "no_motion", priority=Priority.MEDIUM)
    bell = Bell()
    step(either_world, bell)
    call(either_world, {"provider_id": "b-1", "state": "delivered"})
    step(either_world, bell, SECOND_MS)
    step(either_world, bell, 2 * WAIT_MS)
    assert "message_unconfirmed" not in told(either_world)


def test_a_receipt_that_comes_after_all_still_counts(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    either_world.raise_alert("r-ours", "no_motion", priority=Priority.MEDIUM)
    bell = Bell()
    step(either_world, bell)
    step(either_world, bell, WAIT_MS)
    call(either_world, {"provider_id": "b-1", "state": "delivered"})
    step(either_world, bell, SECOND_MS)
    assert states(either_world) == ["delivered"]


def test_the_next_are_told_early_of_a_call_for_help_that_nobody_is_known_to_have_got(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    either_world.contact("cellar", channel="bell", owner="user")
    with either_world.sessions.begin() as session:
        session.get_one(Contact, "k-2").owner_id = "u-family"
    either_world.contact("attic", channel="bell", owner="team")
    either_world.raise_alert("r-ours", "no_motion", priority=Priority.HIGH)
    bell = Bell()
    step(either_world, bell)
    before = len(bell.rung)
    assert before == 2, "the desk and the first relative"
    step(either_world, bell, SECOND_MS)
    step(either_world, bell, 61 * SECOND_MS)
    step(either_world, bell, WAIT_MS - 62 * SECOND_MS - SECOND_MS)
    step(either_world, bell, 2 * MINUTE_MS)
    assert "message_unconfirmed" in told(either_world)


def test_it_is_due_by_itself(either_world: World) -> None:
    either_world.contact("roof", channel="bell")
    either_world.raise_alert("r-ours", "no_motion", priority=Priority.MEDIUM)
    bell = Bell()
    step(either_world, bell)
    made = dispatcher(either_world, bell)
    due = made._unconfirmed
    with either_world.sessions() as session:
        assert due.next_due(session, either_world.clock.now_ms()) == either_world.clock.now_ms() + WAIT_MS
