"""The receiver of pages: takes them and says nothing, says it twice, refuses, is slow, is down for an hour."""

from __future__ import annotations

import asyncio
import time

from tests.faults.fault import Fault
from tests.faults.world import World

_MINUTE_MS = 60_000
_HOUR_MIN = 60
_BACK_WITHIN_S = 90.0


async def _silent(world: World) -> None:
    """Take pages and never answer, until the dispatcher has given up waiting; then be well."""
    world.doctor.silent = True
    call = await world.callers.call_for_help()
    await world.until(lambda: world.callers.pages(call), "the page arrives")
    await asyncio.sleep(world.rng.uniform(0.0, 12.0))
    world.doctor.silent = False


async def _silent_and_killed(world: World) -> None:
    """Let the dispatcher die while its page is taken but not answered for."""
    world.doctor.delay_s = 3.0
    call = await world.callers.call_for_help()
    await world.until(lambda: world.callers.pages(call), "the page arrives")
    await world.kill("dispatcher")
    world.doctor.delay_s = 0.0


async def _refuses(world: World) -> None:
    world.doctor.fail_status = world.rng.choice((429, 500, 503))
    world.doctor.fail_next = 3
    await world.callers.call_for_help()


async def _slow(world: World) -> None:
    world.doctor.delay_s = 4.0
    await world.callers.call_for_help()
    await asyncio.sleep(3.0)
    world.doctor.delay_s = 0.0


async def _answers_twice(world: World) -> None:
    world.doctor.answers = 2
    for _ in range(3):
        await world.callers.call_for_help()
        await asyncio.sleep(0.5)
    world.doctor.answers = 1


async def _down_for_an_hour(world: World) -> None:
    """Refuse everything for an hour of the platform's clock; afterwards the call must still arrive."""
    world.doctor.fail_status, world.doctor.fail_next = 503, 10**9
    call = await world.callers.call_for_help(answer=False)
    await world.until(lambda: world.callers.pages(call), "the first try")
    for minute in range(1, _HOUR_MIN + 1):
        world.arms.step_clock(minute * _MINUTE_MS)
        await asyncio.sleep(0.15)
    world.doctor.fail_next = 0
    began_s = time.monotonic()
    await world.until(lambda: world.callers.paged(call), "the call of an hour ago arrives", _BACK_WITHIN_S)
    world.ledger.note("page after an hour's refusal in s", time.monotonic() - began_s)
    world.arms.step_clock(0)


FAULTS = (
    Fault("provider takes pages and never answers", _silent),
    Fault("provider slow, dispatcher dies before the receipt", _silent_and_killed, kills=1),
    Fault("provider refuses", _refuses),
    Fault("provider slow", _slow),
    Fault("provider answers twice", _answers_twice),
    Fault("provider down for an hour", _down_for_an_hour),
)
