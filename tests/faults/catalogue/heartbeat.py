"""The platform's call of itself: a process that stands still is named, and the heartbeat comes back by itself."""

from __future__ import annotations

import os
import signal
from functools import partial

from app.heartbeat.beat import Stage
from tests.faults.fault import Fault
from tests.faults.pulse import beats_again, beats_of
from tests.faults.setup import Setup
from tests.faults.world import World

_NOTICED_S = 90.0
_STAGES = tuple(Stage)


async def _stands_still(process: str, stage: Stage, world: World) -> None:
    """Freeze a process until the heartbeat has said where its call ended; then let it go on."""
    await beats_again(world)
    before = len(_failed(world, stage))
    pid = await world.pid(process)
    os.kill(pid, signal.SIGSTOP)
    try:
        await world.until(lambda: len(_failed(world, stage)) > before, f"{process} is missed", _NOTICED_S)
    finally:
        os.kill(pid, signal.SIGCONT)
    await beats_again(world)


def _failed(world: World, stage: Stage) -> list[int]:
    """Return when the calls were made that ended before a stage, or earlier: who stands still may hold the database."""
    return [beat.at_ms for beat in beats_of(world) if beat.failed in _STAGES[: _STAGES.index(stage) + 1]]


def _door(setup: Setup) -> bool:
    return setup.route == "door"


_ENDS_BEFORE = (("gateway", Stage.DOOR), ("alerts", Stage.ALERT), ("dispatcher", Stage.PHONE))
FAULTS = tuple(
    Fault(f"{process} stands still, the heartbeat says so", partial(_stands_still, process, stage), _door)
    for process, stage in _ENDS_BEFORE
)
