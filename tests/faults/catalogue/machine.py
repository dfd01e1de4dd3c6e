"""The machine: a full disk, a flush that fails, a LOG torn at its tail, a clock that is set an hour off."""

from __future__ import annotations

import asyncio
import json
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
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(1.0, 4.0))
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    except ProcessLookupError:  # it gave up and was started again, without the limit
        return


async def _flush_fails(world: World) -> None:
    world.arms.fail_flushes("gateway")
    await world.callers.call_for_help()
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

    await world.callers.call_for_help()
    await world.power_cut(meanwhile=tear)


async def _clock_set(by_ms: int, world: World) -> None:
    await world.callers.call_for_help()
    world.arms.step_clock(by_ms)
    await world.recovers()
    world.arms.step_clock(0)


async def _set_back_without_clocks(world: World) -> None:
    """Set the clock back while a device without one reports: what it says next must not count as old."""
    device = world.callers.throwaway_sender()
    said = [{"v": 1, "values": {"glucose": 6.0 + n / 10}} for n in range(4)]
    for message in said:
        await device.say_raw(json.dumps(message).encode())
    ours = (device.device_id, "glucose")

    def stored() -> int:
        return sum(n for point, n in world.insides.points().items() if point[:2] == ours)

    # Stored, not only acknowledged: a broker acknowledges while our gateway is dead.
    await world.until(lambda: stored() == len(said), "what came before is stored")
    world.arms.step_clock(-_HOUR_MS)
    for _ in range(2):  # a sensor's single low reading may be pressure on it
        await asyncio.sleep(1.0)
        said += [{"v": 1, "values": {"glucose": 2.0 + len(said) / 100}}]
        await device.say_raw(json.dumps(said[-1]).encode())
    low = lambda: any(a.resident_id == device.resident_id for a in world.insides.alerts("glucose_low"))  # noqa: E731
    await world.until(low, "a low glucose after the clock was set back is told", _NOT_BEHIND_S)
    await world.until(lambda: stored() >= len(said), "every reading of a device without a clock is stored")
    world.arms.step_clock(0)
    await device.stop()


async def _frozen_behind_a_backlog(world: World) -> None:
    """Freeze the alert worker while heart rates pile up; the SOS that comes last must not wait for all of them."""
    await world.recovers()  # else the start of what was killed before would be timed
    pid = await world.pid("alerts")
    os.kill(pid, signal.SIGSTOP)
    for _ in range(_REPORTS):
        for walker in world.walkers:
            await walker.report({"heart_rate": world.rng.randint(62, 88), "spo2": world.rng.randint(95, 99)})
    call = await world.callers.call_for_help()
    await world.until(lambda: not call.sender.owed, "the call is acknowledged")
    world.ledger.note("bytes of heart rates before a call for help", world.insides.behind_bytes()["alerts"])
    began_s = time.monotonic()
    os.kill(pid, signal.SIGCONT)
    await world.until(lambda: world.callers.paged(call), "the call reaches the doctor", _NOT_BEHIND_S)
    world.ledger.note("page from behind them in s", time.monotonic() - began_s)


def _embedded(setup: Setup) -> bool:
    return setup.store == "embedded"


FAULTS = (
    Fault("disk full for the LOG", partial(_disk_full, "gateway")),
    Fault("disk full for readings", partial(_disk_full, "ingest"), _embedded),
    Fault("disk full for alerts", partial(_disk_full, "alerts"), lambda s: s.database == "sqlite"),
    Fault("flush of the LOG fails", _flush_fails),
    Fault("LOG torn at its tail", _torn_tail, kills=1),
    Fault("SOS behind a backlog of heart rates", _frozen_behind_a_backlog),
    Fault("clock an hour behind, devices without clocks", _set_back_without_clocks),
    Fault("clock an hour ahead and back", partial(_clock_set, _HOUR_MS)),
    Fault("clock an hour behind and back", partial(_clock_set, -_HOUR_MS)),
)
