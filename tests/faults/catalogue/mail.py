"""The mail server: refuses, takes mails and never answers, hangs from the first word on, dies under the dispatcher."""

from __future__ import annotations

import asyncio
import time

from tests.faults.fault import Fault
from tests.faults.world import World

_CALLS = 8
_NOT_BEHIND_S = 15.0


async def _refuses(world: World) -> None:
    world.mail.refuse_with = world.rng.choice(("451 try again later", "421 going down", "452 no room"))
    world.mail.refuse_next = 3
    await world.callers.call_for_help(answer=False)


async def _silent(world: World) -> None:
    """Take mails and never answer, until the dispatcher has given up waiting; then be well."""
    world.mail.silent = True
    before = len(world.mail.mails)
    await world.callers.call_for_help(answer=False)
    await world.until(lambda: len(world.mail.mails) > before, "the mail arrives")
    await asyncio.sleep(world.rng.uniform(0.0, 12.0))
    world.mail.silent = False


async def _silent_and_killed(world: World) -> None:
    """Let the dispatcher die while its mail is taken but not answered for."""
    world.mail.silent = True
    before = len(world.mail.mails)
    await world.callers.call_for_help(answer=False)
    await world.until(lambda: len(world.mail.mails) > before, "the mail arrives")
    await world.kill("dispatcher")
    world.mail.silent = False


async def _hangs(world: World) -> None:
    """Say nothing at all to many mails at once: pages go out beside them."""
    await world.recovers()  # else the start of what was killed before would be timed
    world.mail.deaf = True
    for _ in range(_CALLS):
        await world.callers.call_for_help(answer=False)
    await asyncio.sleep(1.0)
    began_s = time.monotonic()
    call = await world.callers.call_for_help(answer=False)
    await world.until(lambda: world.callers.paged(call), "a page goes out beside mails that hang", _NOT_BEHIND_S)
    world.ledger.note("page beside mails that hang in s", time.monotonic() - began_s)
    world.mail.deaf = False


FAULTS = (
    Fault("mail server refuses", _refuses),
    Fault("mail server takes mails and never answers", _silent),
    Fault("mail server silent, dispatcher dies before the receipt", _silent_and_killed, kills=1),
    Fault("mail server hangs", _hangs),
)
