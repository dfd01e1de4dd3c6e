"""Both clouds' fakes, a dispatcher with the real channels that go through them, and calls of the clouds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from alerts.tables import Alert, AlertEvent
from anhu.outbox.callbacks import ProviderCall, keep
from anhu.outbox.tables import Outbox, Receipt
from notify.channel import Channel
from notify.channels import callback_readers, capabilities, channel_class
from notify.dispatcher import Dispatcher
from notify.subjects import subjects
from tests.api.world import World


class Phones:
    """A process with channels to fakes; each step is a new loop, as the channels' connections are."""

    def __init__(self, world: World, settings: Mapping[str, Any]) -> None:
        self.world = world
        self.settings = settings
        self.made: Dispatcher | None = None

    def step(self, forward_ms: int = 0) -> Dispatcher:
        """Do what is due after some time, as a new process."""
        self.world.clock.forward(forward_ms)

        async def once() -> Dispatcher:
            channels = self.channels()
            made = self.dispatcher(channels)
            await made.step(self.world.clock.now_ms())
            for channel in channels.values():
                await channel.close()
            return made

        return asyncio.run(once())

    def channels(self) -> Mapping[str, Channel]:
        """Open the channels that are set up; the caller closes them."""
        made = {n: channel_class(n).from_settings(s, self.world.clock) for n, s in self.settings.items()}
        return {name: channel for name, channel in made.items() if channel is not None}

    def dispatcher(self, channels: Mapping[str, Channel]) -> Dispatcher:
        """Return a new process: it knows nothing but the database."""
        return Dispatcher(
            self.world.sessions,
            channels,
            self.world.clock,
            capabilities=capabilities(),
            subjects=subjects(),
            readers=callback_readers(self.settings),
            public_url="https://desk.example",
            jitter=lambda: 0.0,
        )

    def called(self, channel: str, body: bytes) -> None:
        """Have a cloud call."""
        call = ProviderCall("POST", {}, {}, body)
        with self.world.sessions.begin() as session:
            keep(session, channel, call, address="203.0.113.9", now_ms=self.world.clock.now_ms())

    def alert(self, alert_id: str) -> tuple[str, str]:
        """Return how an alarm stands, and who has it."""
        with self.world.sessions() as session:
            alert = session.get_one(Alert, alert_id)
            return alert.response, alert.assignee

    def rows(self, of: type[Any] = Outbox, what: Callable[[Any], Any] = lambda row: row.state) -> list[Any]:
        """Return what rows of a table say."""
        with self.world.sessions() as session:
            return [what(row) for row in session.query(of).order_by(of.id)]

    def receipts(self) -> list[str]:
        """Return all receipts."""
        return self.rows(Receipt)

    def history(self) -> list[str]:
        """Return all lines of history."""
        return self.rows(AlertEvent, lambda row: row.what)
