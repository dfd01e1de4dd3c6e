"""The platform's call of itself, seen from outside: it must come back by itself, whatever happened."""

from __future__ import annotations

from collections.abc import Sequence

from anhu.contract.settings import Secret
from anhu.registry.database import close_sessions, open_sessions
from app.heartbeat.beat import Beat
from app.heartbeat.beat_table import beat_store
from app.settings import Settings
from tests.faults.world import World


def beats_of(world: World) -> Sequence[Beat]:
    """Return what became of its calls, wherever that is kept."""
    settings = Settings(data=world.installation.data, database_url=Secret(world.database_url))
    sessions = open_sessions(settings.database)
    try:
        return beat_store(settings, sessions).read()
    finally:
        close_sessions(sessions)


async def beats_again(world: World) -> None:
    """Wait until a call that is made from now on has arrived; where devices come by our door."""
    if world.setup.route == "broker":
        return
    last_ms = max((beat.at_ms for beat in beats_of(world)[-1:]), default=0)
    arrived = lambda: any(b.failed is None for b in beats_of(world)[-1:] if b.at_ms != last_ms)  # noqa: E731
    await world.until(arrived, "the heartbeat arrives")
