"""An "are you well?" that nobody answers is told to whoever asked, once, and only while nobody has answered."""

from __future__ import annotations

import json

import pytest

from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.registry import devices
from anhu.registry.tables import Contact, DeviceCommand
from gateway.command_answers import CommandAnswer
from gateway.command_queue import DatabaseCommandQueue
from notify.channels.webhook.fake import WebhookServer
from tests.api.world import World
from tests.notify.playing import step_once

DEVICE = "watch-ours"


@pytest.fixture
def desk(either_world: World, receiver: WebhookServer) -> World:
    """A desk at which somebody has a webhook."""
    facts = {"channel": "webhook", "address": receiver.url, "min_priority": 0, "language": "en", "enabled": True}
    with either_world.sessions.begin() as session:
        session.add(Contact(id="k-desk", owner_kind="user", owner_id="u-desk", secret="s", **facts))
    return either_world


def asked(world: World, *, by: str = "u-desk", name: str = "ask_ok", for_ms: int = 5 * MINUTE_MS) -> str:
    now_ms = world.clock.now_ms()
    with world.sessions.begin() as session:
        until = now_ms + for_ms
        made = devices.queue_command(
            session, device_id=DEVICE, name=name, now_ms=now_ms, expires_at_ms=until, asked_by=by
        )
        return made.id


def said(receiver: WebhookServer) -> list[str]:
    return [json.dumps(json.loads(call.body), ensure_ascii=False) for call in receiver.calls]


def later(world: World, by_ms: int) -> None:
    world.clock.forward(by_ms)
    step_once(world)


def test_who_asked_is_told_two_minutes_after_the_device_has_it_and_only_once(
    desk: World, receiver: WebhookServer
) -> None:
    queue = DatabaseCommandQueue(desk.sessions, desk.clock)
    queue.delivered(asked(desk), desk.clock.now_ms())
    later(desk, 2 * MINUTE_MS - 1)
    assert said(receiver) == []
    for _ in range(3):
        later(desk, MINUTE_MS)
    [letter] = said(receiver)
    assert "It has the question, and nobody answers." in letter
    assert "https://desk.example/devices/watch-ours" in letter


@pytest.mark.parametrize("kind", ["fall_cancelled", "sos", "fall"])
def test_an_answer_in_time_is_the_end_of_it(desk: World, receiver: WebhookServer, kind: str) -> None:
    queue = DatabaseCommandQueue(desk.sessions, desk.clock)
    queue.delivered(asked(desk), desk.clock.now_ms())
    at_ms = desk.clock.now_ms() + MINUTE_MS
    assert queue.answered([CommandAnswer(DEVICE, "", kind, is_refusal=False, at_ms=at_ms)]) == 1
    later(desk, 10 * MINUTE_MS)
    assert said(receiver) == []


def test_a_device_that_never_got_the_question_is_told_when_it_expires(desk: World, receiver: WebhookServer) -> None:
    asked(desk)
    later(desk, 5 * MINUTE_MS - 1)
    assert said(receiver) == []
    later(desk, 1)
    [letter] = said(receiver)
    assert "The device did not get the question." in letter


def test_a_device_that_cannot_ask_is_told_at_once(desk: World, receiver: WebhookServer) -> None:
    queue = DatabaseCommandQueue(desk.sessions, desk.clock)
    queue.failed(asked(desk), "sent 3 times, and the device never confirmed it", desk.clock.now_ms())
    later(desk, 1)
    [letter] = said(receiver)
    assert "The device did not get the question." in letter


def test_what_is_no_question_or_of_no_person_or_a_day_old_is_not_told(desk: World, receiver: WebhookServer) -> None:
    asked(desk, name="find")
    asked(desk, by="")
    old = asked(desk)
    with desk.sessions.begin() as session:
        session.get_one(DeviceCommand, old).expires_at_ms = desk.clock.now_ms()
    desk.clock.forward(DAY_MS + 6 * MINUTE_MS)
    step_once(desk)
    assert said(receiver) == []
