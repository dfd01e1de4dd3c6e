"""SIGKILL: at every durable step of every process, before and after it, and at any time."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.faults.fault import Fault
from tests.faults.hooks import crash_points
from tests.faults.processes import NAMES
from tests.faults.world import World

_REACHED_S = 240.0
_MOST_PASSES = {"log.append": 60, "log.flush": 60, "puback": 200, "store.write": 10, "position.commit": 10}

_WITHOUT_ANSWER = ("phone.", "callback.")
"""Steps of messages that are dropped when the desk is faster."""


async def _at_a_point(process: str, point: str, world: World) -> None:
    most = _MOST_PASSES.get(point.rpartition(".")[0], 1)
    armed = world.arms.crash(process, point, after_passes=world.rng.randint(1, most))
    await world.callers.call_for_help(answer=False if point.startswith(_WITHOUT_ANSWER) else None)
    await world.until(lambda: not armed.exists(), f"{process} comes to {point}", _REACHED_S)
    world.ledger.killed(f"{process} {point}")


async def _any_time(process: str, world: World) -> None:
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(0.0, 1.0))
    await world.kill(process)


async def _everything(world: World) -> None:
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(0.0, 1.0))
    await world.power_cut()


FAULTS = (
    *(Fault(f"kill {p} {point}", partial(_at_a_point, p, point), kills=1) for p, point in crash_points()),
    *(Fault(f"kill {process} at any time", partial(_any_time, process), kills=1) for process in NAMES),
    Fault("kill everything", _everything, kills=1),
)
