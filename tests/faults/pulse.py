"""The platform's call of itself, seen from outside: it must come back by itself, whatever happened."""

from __future__ import annotations

from app.heartbeat.beat import BEATS_FILE, read_beats
from tests.faults.world import World


async def beats_again(world: World) -> None:
    """Wait until a call that is made from now on has arrived; where devices come by our door."""
    if world.setup.route == "broker":
        return
    file = world.installation.data / BEATS_FILE
    last_ms = max((beat.at_ms for beat in read_beats(file)[-1:]), default=0)
    arrived = lambda: any(b.failed is None for b in read_beats(file)[-1:] if b.at_ms != last_ms)  # noqa: E731
    await world.until(arrived, "the heartbeat arrives")
