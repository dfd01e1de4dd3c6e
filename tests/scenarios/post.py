"""The real dispatcher with real senders, driven from one due moment to the next; nothing is ever slept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SECOND_MS, ManualClock
from notify.channel import Channel
from notify.channels import callback_readers, capabilities, channel_class, channel_limits
from notify.dispatcher import Dispatcher
from notify.subjects import subjects

PUBLIC_URL = "https://desk.example"


class Post:
    """A dispatcher's process: it knows nothing but the database.

    Parameters
    ----------
    settings : mapping
        Channel -> its settings.
    """

    def __init__(self, sessions: sessionmaker[Session], clock: ManualClock, settings: Mapping[str, Any]) -> None:
        self._clock = clock
        self._runner = asyncio.Runner()
        self._channels: Mapping[str, Channel] = self._runner.run(_opened(settings, clock, sessions))
        self.dispatcher = Dispatcher(
            sessions,
            self._channels,
            clock,
            capabilities=capabilities(),
            subjects=subjects(),
            readers=callback_readers(settings),
            limits=channel_limits(settings),
            public_url=PUBLIC_URL,
            jitter=lambda: 0.0,
        )

    def step(self) -> None:
        """Do all that is due now."""
        self._runner.run(self.dispatcher.step(self._clock.now_ms()))

    def step_with(self, other: Post) -> None:
        """Do what is due now in the same moment as another process."""

        async def both() -> None:
            now_ms = self._clock.now_ms()
            await asyncio.gather(self.dispatcher.step(now_ms), other.dispatcher.step(now_ms))

        self._runner.run(both())

    def next_ms(self) -> int | None:
        """Return when something is due next, as the loop of the product asks; what is held is looked at each second."""
        due_ms, _ = self.dispatcher._due_work.lease_if_due(self._clock.now_ms(), 0, 0, [])
        return None if due_ms is None else max(due_ms, self._clock.now_ms() + SECOND_MS)

    def close(self) -> None:
        """End it."""
        self._runner.run(_closed(self._channels))
        self._runner.close()


async def _opened(
    settings: Mapping[str, Any], clock: ManualClock, sessions: sessionmaker[Session]
) -> Mapping[str, Channel]:
    """Open those alone that lead somewhere here: the others would cost half a second each."""
    made = {name: channel_class(name).from_settings(one, clock) for name, one in settings.items()}
    opened = {name: channel for name, channel in made.items() if channel is not None}
    for channel in opened.values():
        channel.use(sessions)
    return opened


async def _closed(channels: Mapping[str, Channel]) -> None:
    for channel in channels.values():
        await channel.close()
