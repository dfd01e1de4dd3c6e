"""Nobody can be told: a state of its own, with the ladder at its times, until somebody can."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from alerts.episodes import responses
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.registry.tables import Contact
from notify.channel_type import Capabilities
from notify.channels import capabilities, channel_types, open_channels
from notify.channels.email.fake import SmtpServer
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import WebhookServer
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import NOW_MS, World
from tests.notify.playing import answers, step_once, told


def dispatch(world: World, settings: Mapping[str, Any], can: Mapping[str, Capabilities] | None = None) -> None:
    """Do what is due at the world's time, through these channels."""

    async def whole() -> None:
        channels = open_channels(settings, world.clock)
        made = Dispatcher(
            world.sessions,
            channels,
            world.clock,
            capabilities=can or capabilities(),
            subjects=subjects(),
            jitter=lambda: 0.0,
        )
        await made.step(world.clock.now_ms())
        for channel in channels.values():
            await channel.close()

    asyncio.run(whole())


def untold(world: World, alert_id: str) -> list[tuple[str, str]] | None:
    """Return contact and reason of each that could not be told; None when the alert is not in the state."""
    with world.sessions() as session:
        alert = session.get_one(Alert, alert_id)
        if alert.untold_since_ms is None:
            return None
        return [(one["contact_id"], one["reason"]) for one in alert.untold_why or ()]


def steps_taken(world: World) -> list[int]:
    with world.sessions() as session:
        taken = session.query(AlertEvent).filter_by(what="escalated").order_by(AlertEvent.id)
        return [(line.at_ms - NOW_MS) // SECOND_MS for line in taken]


def test_without_any_contact_it_is_said_at_once_and_the_ladder_keeps_its_times(either_world: World) -> None:
    alert = either_world.raise_alert("r-ours")
    assert untold(either_world, alert) == []
    assert told(either_world) == ["raised", "nobody_told"]
    for second in range(0, 310, 10):
        either_world.clock.set(NOW_MS + second * SECOND_MS)
        step_once(either_world)
    assert steps_taken(either_world) == [60, 180, 300]
    assert told(either_world).count("nobody_told") == 1


def test_who_becomes_a_contact_meanwhile_is_told(either_world: World, receiver: WebhookServer) -> None:
    alert = either_world.raise_alert("r-ours")
    step_once(either_world)
    either_world.contact(receiver.url, owner="team")
    either_world.clock.forward(MINUTE_MS)
    step_once(either_world)
    assert len(receiver.calls) == 1
    assert untold(either_world, alert) is None
    assert told(either_world)[-1] == "told_again"


def test_a_channel_that_is_not_set_up_says_so_and_works_when_it_is(either_world: World) -> None:
    contact = either_world.contact("doc@clinic.example", channel="email")
    alert = either_world.raise_alert("r-ours")
    dispatch(either_world, {})
    assert untold(either_world, alert) == [(contact, "channel 'email' is not set up")]
    with SmtpServer() as server:
        for _ in range(3):
            either_world.clock.forward(MINUTE_MS)
            dispatch(either_world, {"email": SmtpServer.settings(server.port)})
        assert server.mails
    assert untold(either_world, alert) is None
    assert told(either_world).count("notify_failed") == 1


@pytest.mark.parametrize("status", [404, 410, 503, 429, 308])
def test_whatever_they_answer_it_is_tried_again_until_it_works(
    either_world: World, receiver: WebhookServer, status: int
) -> None:
    contact = either_world.contact(receiver.url)
    receiver.fail_status, receiver.fail_next = status, 10**6
    alert = either_world.raise_alert("r-ours", "smoke")
    step_once(either_world)
    why = untold(either_world, alert) or []
    assert [(who, reason[:8]) for who, reason in why] == [(contact, f"HTTP {status}")]
    for _ in range(20):
        either_world.clock.forward(30 * SECOND_MS)
        step_once(either_world)
    assert len(receiver.calls) >= 10, "at least once a minute"
    assert untold(either_world, alert) is not None
    assert told(either_world).count("nobody_told") == 1
    receiver.fail_next = 0
    either_world.clock.forward(MINUTE_MS)
    step_once(either_world)
    assert untold(either_world, alert) is None
    assert "told_again" in told(either_world)


def test_a_failure_that_stays_is_one_line_of_history_however_often_it_is_tried(
    world: World, receiver: WebhookServer
) -> None:
    world.contact(receiver.url)
    receiver.fail_status, receiver.fail_next = 410, 10**6
    world.raise_alert("r-ours", "fall_suspected")
    for _ in range(12):
        step_once(world)
        world.clock.forward(MINUTE_MS)
    assert len(receiver.calls) > 1
    assert told(world) == ["raised", "notify_failed", "nobody_told"]


def test_a_receiver_that_takes_and_denies_it_is_not_believed_and_gets_the_same_key(
    world: World, receiver: WebhookServer
) -> None:
    world.contact(receiver.url)
    receiver.lie(1)
    alert = world.raise_alert("r-ours")
    step_once(world)
    assert untold(world, alert) is not None
    world.clock.forward(3 * SECOND_MS)
    step_once(world)
    assert untold(world, alert) is None
    assert len(receiver.calls) == 2
    assert len(set(receiver.keys())) == 1


def test_one_who_is_told_is_enough(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    world.contact("doc@clinic.example", channel="email")
    alert = world.raise_alert("r-ours")
    step_once(world)
    assert untold(world, alert) is None
    assert "nobody_told" not in told(world)


def test_a_message_that_waits_for_its_turn_tells_nobody(world: World, receiver: WebhookServer) -> None:
    can = {"webhook": dataclasses.replace(channel_types()["webhook"].capabilities, per_minute=1)}
    settings = {"webhook": WebhookSettings(webhook_private=True)}
    world.contact(receiver.url)
    kept = world.contact(receiver.url)
    with world.sessions.begin() as session:  # somebody else's, at the same address
        session.get_one(Contact, kept).owner_id = "theirs"
    world.raise_alert("r-theirs", "smoke")
    dispatch(world, settings, can)
    alert = world.raise_alert("r-ours", "gas")
    with world.sessions.begin() as session:  # others had its share
        session.get_one(Escalation, alert).due_at_ms = NOW_MS + 40 * SECOND_MS
    world.clock.forward(40 * SECOND_MS)
    dispatch(world, settings, can)
    assert [reason for _, reason in untold(world, alert) or ()] == ["it waits for its turn"]
    for _ in range(8):
        world.clock.forward(61 * SECOND_MS)
        dispatch(world, settings, can)
    assert untold(world, alert) is None


def test_an_answer_ends_the_state_without_a_line_of_its_own(either_world: World) -> None:
    alert = either_world.raise_alert("r-ours")
    with either_world.sessions.begin() as session:
        responses.acknowledge(session, alert, actor="u-desk", now_ms=NOW_MS)
    assert untold(either_world, alert) is None
    assert told(either_world) == ["raised", "nobody_told", "acknowledged"]


def test_it_got_worse_and_nobody_can_be_told_although_the_first_message_arrived(
    either_world: World, receiver: WebhookServer
) -> None:
    either_world.contact(receiver.url)
    alert = either_world.raise_alert("r-ours", "fall_suspected")
    step_once(either_world)
    assert untold(either_world, alert) is None
    receiver.fail_status, receiver.fail_next = 503, 10**6
    either_world.clock.forward(MINUTE_MS)
    alert = either_world.raise_alert("r-ours", "fall")
    step_once(either_world)
    assert untold(either_world, alert) is not None


def test_a_low_alert_pages_nobody_and_is_not_in_the_state(world: World) -> None:
    assert untold(world, world.raise_alert("r-ours", "battery_low")) is None


def test_a_contact_that_is_switched_off_is_no_reason(world: World, receiver: WebhookServer) -> None:
    contact = world.contact(receiver.url)
    receiver.replies = answers(*[410] * 3)
    alert = world.raise_alert("r-ours", "smoke")
    step_once(world)
    with world.sessions.begin() as session:
        session.get_one(Contact, contact).enabled = False
    world.clock.forward(MINUTE_MS)
    step_once(world)
    assert untold(world, alert) == []
