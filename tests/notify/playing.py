"""A scene with a dispatcher in it, played on a world at its time; a real receiver; and what became of the messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from alerts.tables import AlertEvent
from anhu.contract.clock import Clock
from anhu.outbox.tables import Outbox
from notify.channels import capabilities, open_channels
from notify.channels.webhook import WebhookSettings
from notify.channels.webhook.fake import Reply, WebhookServer
from notify.dispatcher import Dispatcher
from notify.pace import Pace
from notify.subjects import subjects
from tests.api.world import World


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
