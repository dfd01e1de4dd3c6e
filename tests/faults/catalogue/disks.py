"""Disks that are full for everybody, and disks that refuse to flush what they were given."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from tests.faults.fault import Fault
from tests.faults.setup import Setup
from tests.faults.small_disk import can_mount
from tests.faults.world import World

_INJECT = ("-e", "trace=fsync,fdatasync,msync", "-e", "inject=fsync,fdatasync,msync:error=EIO")


def _influx(setup: Setup) -> bool:
    return setup.store == "influxdb"


def _postgres(setup: Setup) -> bool:
    return setup.database == "postgresql"


def _can_trace() -> bool:
    return os.geteuid() == 0 and shutil.which("strace") is not None


async def _full(which: str, world: World) -> None:
    disk = world.services.disks.get(which, world.disk)
    disk.fill()
    try:
        await world.callers.call_for_help()
        await asyncio.sleep(world.rng.uniform(2.0, 6.0))
    finally:
        disk.free()
    await _up_again(world)


async def _process_cannot_flush(process: str, world: World) -> None:
    async with _no_flush([await world.pid(process)]):
        await world.callers.call_for_help()
        await asyncio.sleep(world.rng.uniform(2.0, 5.0))


async def _influx_cannot_flush(world: World) -> None:
    assert world.services.influxd is not None
    async with _no_flush([world.services.influxd.process.pid]):
        await world.callers.call_for_help()
        await asyncio.sleep(world.rng.uniform(2.0, 5.0))


async def _postgres_cannot_flush(world: World) -> None:
    """Fail the flushes of what runs now; the server restarts itself, and what it starts then can flush."""
    assert world.services.postgres is not None
    async with _no_flush(_children(world.services.postgres.process.pid)):
        await world.callers.call_for_help()
        await asyncio.sleep(world.rng.uniform(1.0, 3.0))
    await _up_again(world)


async def _up_again(world: World) -> None:
    """Start a server that gave up, as whoever watches over it does (systemd, a container's restart policy)."""
    if world.services.postgres is not None:
        await asyncio.to_thread(world.services.postgres.start_if_down)


@asynccontextmanager
async def _no_flush(pids: Sequence[int]) -> AsyncIterator[None]:
    words = [word for pid in pids for word in ("-p", str(pid))]
    tracer = await asyncio.create_subprocess_exec("strace", "-f", "-qq", "-o", "/dev/null", *_INJECT, *words)
    try:
        yield
    finally:
        if tracer.returncode is None:  # whoever it traced may have died of it
            tracer.terminate()
        await tracer.wait()


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


_DISKS: dict[str, Callable[[Setup], bool]] = {"Anhu": lambda _: True, "InfluxDB": _influx, "PostgreSQL": _postgres}
FAULTS = (
    *(
        Fault(f"disk of {name} full", partial(_full, name), lambda s, fits=fits: fits(s) and can_mount())  # type: ignore[misc]
        for name, fits in _DISKS.items()
    ),
    Fault("readings cannot be flushed", partial(_process_cannot_flush, "ingest"), lambda _: _can_trace()),
    Fault(
        "alerts cannot be flushed",
        partial(_process_cannot_flush, "alerts"),
        lambda s: s.database == "sqlite" and _can_trace(),
    ),
    Fault(
        "receipts cannot be flushed",
        partial(_process_cannot_flush, "dispatcher"),
        lambda s: s.database == "sqlite" and _can_trace(),
    ),
    Fault("InfluxDB cannot flush", _influx_cannot_flush, lambda s: _influx(s) and _can_trace()),
    Fault("PostgreSQL cannot flush", _postgres_cannot_flush, lambda s: _postgres(s) and _can_trace()),
)
