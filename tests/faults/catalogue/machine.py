"""The machine: a full disk, a flush that fails, a LOG torn at its tail, a clock that is set an hour off."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from functools import partial

from tests.faults.fault import Fault
from tests.faults.setup import Setup
from tests.faults.world import World

_HOUR_MS = 3_600_000
_REPORTS = 2_000
_NOT_BEHIND_S = 20.0


async def _disk_full(process: str, world: World) -> None:
    """Let no file of a process grow: the system refuses every write behind its first page."""
    pid = await world.pid(process)
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, hard))
    await world.call_for_help()
    await asyncio.sleep(world.rng.uniform(1.0, 4.0))
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    except ProcessLookupError:  # it gave up and was started again, without the limit
        return


async def _flush_fails(world: World) -> None:
    world.arms.fail_flushes("gateway")
    await world.call_for_help()
    await asyncio.sleep(world.rng.uniform(1.0, 3.0))
    world.arms.flush_again("gateway")


async def _torn_tail(world: World) -> None:
    """Leave half a record, or noise, behind the LOG's last flush, as a power cut does."""

    def tear() -> None:
        newest = max((world.installation.data / "log").glob("*.log"))
        whole = newest.read_bytes()
        head = whole[: world.rng.randint(1, min(len(whole), 60))] if whole else b"\xa5AnH"
        with newest.open("ab") as file:
            file.write(world.rng.choice((head, world.rng.randbytes(200), bytes(4_096))))

    await world.call_for_help()
    await world.power_cut(meanwhile=tear)


async def _clock_set(by_ms: int, world: World) -> None:
    await world.call_for_help()
    world.arms.step_clock(by_ms)
    await world.recovers()
    world.arms.step_clock(0)


async def _frozen_behind_a_backlog(world: World) -> None:
    """Freeze the alert worker while heart rates pile up; the SOS that comes last must not wait for all of them."""
    pid = await world.pid("alerts")
    os.kill(pid, signal.SIGSTOP)
    for _ in range(_REPORTS):
        for walker in world.walkers:
            await walker.report({"heart_rate": world.rng.randint(62, 88), "spo2": world.rng.randint(95, 99)})
    call = await world.call_for_help()
    await world.until(lambda: not call.sender.owed, "the call is acknowledged")
    behind = world.insides.behind_bytes()["alerts"]
    began_s = time.monotonic()
    os.kill(pid, signal.SIGCONT)
    await world.until(lambda: world.paged(call), "the call reaches the doctor", _NOT_BEHIND_S)
    world.ledger.notes[f"page from behind {behind} bytes in s"] = round(time.monotonic() - began_s, 2)


def _embedded(setup: Setup) -> bool:
    return setup.store == "embedded"


FAULTS = (
    Fault("disk full for the LOG", partial(_disk_full, "gateway")),
    Fault("disk full for readings", partial(_disk_full, "ingest"), _embedded),
    Fault("disk full for alerts", partial(_disk_full, "alerts"), lambda s: s.database == "sqlite"),
    Fault("flush of the LOG fails", _flush_fails),
    Fault("LOG torn at its tail", _torn_tail, kills=1),
    Fault("SOS behind a backlog of heart rates", _frozen_behind_a_backlog),
    Fault("clock an hour ahead and back", partial(_clock_set, _HOUR_MS)),
    Fault("clock an hour behind and back", partial(_clock_set, -_HOUR_MS)),
)
