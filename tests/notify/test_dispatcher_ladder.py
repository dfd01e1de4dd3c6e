"""Who is told next when nobody answers, or nobody can be told."""

from __future__ import annotations

import json

from alerts.episodes import responses
from alerts.tables import Escalation
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.outbox.tables import Receipt
from anhu.registry.tables import Contact
from notify.channels.webhook.fake import WebhookServer
from tests.api.world import NOW_MS, World
from tests.notify.playing import answers, states, step_once, told


def test_when_the_first_cannot_be_told_the_next_are_told_at_once(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(f"{receiver.url}?gone")
    either_world.contact(receiver.url, owner="team")
    receiver.replies = answers(410)
    either_world.raise_alert("r-ours", "smoke")
    step_once(either_world)
    assert told(either_world) == ["raised", "notify_failed", "nobody_told", "told_early", "told_again"]
    assert [state for state, _ in states(either_world)] == ["failed_permanent", "sent"]
    with either_world.sessions() as session:
        assert session.query(Escalation).one().due_at_ms == NOW_MS + 60 * SECOND_MS


def test_contacts_that_all_fail_do_not_run_the_ladder_down(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    world.contact(receiver.url, owner="team")
    receiver.replies = answers(*[410] * 20)
    world.raise_alert("r-ours", "smoke")
    step_once(world)
    assert len(receiver.calls) == 2, "the centre, and early the team"
    with world.sessions() as session:
        step = session.query(Escalation).one()
        assert (step.step, step.due_at_ms) == (1, NOW_MS + 60 * SECOND_MS)


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
    either_world.clock.forward(4 * MINUTE_MS)
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
