"""The time-series store and the database: down, slow, refusing, locked, restarted."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from functools import partial

from tests.faults import processes
from tests.faults.fault import Fault
from tests.faults.influx_gate import Refusal
from tests.faults.setup import Setup
from tests.faults.world import World

_HOUR_MS = 3_600_000
_REPORTS = 60
_FASTER_THAN_S = 60.0
_MANY_REPORTS = 2_000
_MOST_GROWTH_BYTES = 48 * 1_048_576


def _influx(setup: Setup) -> bool:
    return setup.store == "influxdb"


async def _refused(refusal: Refusal, world: World) -> None:
    gate = world.wires.influx_gate
    assert gate is not None
    before = gate.refused
    gate.refusal = refusal
    await world.callers.call_for_help()
    await world.until(lambda: gate.refused > before, "a write is refused")
    await asyncio.sleep(world.rng.uniform(1.0, 4.0))
    gate.refusal = None


async def _part_refused(world: World) -> None:
    """Refuse whatever one device says: its readings alone must end in the dead letters."""
    gate = world.wires.influx_gate
    assert gate is not None
    unlucky = world.rng.choice(world.walkers).device_id
    await _refused(Refusal(400, holding=f"device={unlucky} ".encode()), world)


async def _slow(world: World) -> None:
    gate = world.wires.influx_gate
    assert gate is not None
    gate.delay_s = 2.0
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(3.0, 6.0))
    gate.delay_s = 0.0


async def _down_for_an_hour(world: World) -> None:
    """Take an hour's reports while the store is down; an SOS is not late for it, and the backlog drains in no time."""
    gate = world.wires.influx_gate
    assert gate is not None
    gate.refusal = Refusal(503)
    begin_ms = time.time_ns() // 1_000_000 - _HOUR_MS
    for number in range(_REPORTS):
        for walker in world.walkers:
            at_ms = begin_ms + number * _HOUR_MS // _REPORTS
            await walker.report({"heart_rate": 70.0 + number / 10, "spo2": 97}, at_ms=at_ms)
    await world.recovers()
    gate.refusal = None
    began_s = time.monotonic()
    await world.until(
        lambda: world.insides.behind_bytes().get("ingest", 1) < 20_000, "an hour is stored", _FASTER_THAN_S
    )
    world.ledger.note("an hour's backlog drained in s", time.monotonic() - began_s)


async def _down_while_much_comes(world: World) -> None:
    """Keep InfluxDB down while tens of thousands of messages come: the LOG grows, the process does not."""
    gate = world.wires.influx_gate
    assert gate is not None
    gate.refusal = Refusal(503)
    pid = await world.pid("ingest")
    before = processes.memory_bytes(pid)
    for _ in range(_MANY_REPORTS):
        for walker in world.walkers:
            await walker.report({"heart_rate": world.rng.randint(62, 88), "spo2": world.rng.randint(95, 99)})
    await world.recovers()
    grown = processes.memory_bytes(pid) - before
    world.ledger.note("ingest grew while the store was down, MB", grown / 1_048_576)
    gate.refusal = None
    assert grown < _MOST_GROWTH_BYTES, f"ingest grew by {grown} bytes while the store was down"
    began_s = time.monotonic()
    await world.until(lambda: world.insides.behind_bytes().get("ingest", 1) < 20_000, "it is stored", _FASTER_THAN_S)
    world.ledger.note("its backlog drained in s", time.monotonic() - began_s)


async def _influx_restarted(world: World) -> None:
    influxd = world.services.influxd
    assert influxd is not None
    await world.callers.call_for_help()
    await asyncio.to_thread(influxd.process.kill)
    await asyncio.sleep(world.rng.uniform(0.0, 3.0))
    await asyncio.to_thread(influxd.start)


async def _postgres_restarted(world: World) -> None:
    postgres = world.services.postgres
    assert postgres is not None
    await world.callers.call_for_help()
    await asyncio.to_thread(postgres.process.stop)
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(0.0, 3.0))
    await asyncio.to_thread(postgres.start)


async def _locked(file: str, world: World) -> None:
    """Hold a SQLite file's write lock for longer than whoever wants it cares to wait."""
    with closing(
        sqlite3.connect(world.installation.data / file, timeout=30, isolation_level=None, check_same_thread=False)
    ) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        await world.callers.call_for_help()
        await asyncio.sleep(world.rng.uniform(3.0, 18.0))
        other.execute("ROLLBACK")


FAULTS = (
    *(
        Fault(f"InfluxDB answers {status}", partial(_refused, Refusal(status, retry_after_s=after_s)), _influx)
        for status, after_s in ((429, 2), (503, 0), (500, 0), (401, 0))
    ),
    Fault("InfluxDB answers 413 to more than 300 bytes", partial(_refused, Refusal(413, longer_than=300)), _influx),
    Fault("InfluxDB answers 400 to one device's lines", _part_refused, _influx),
    Fault("InfluxDB slow", _slow, _influx),
    Fault("InfluxDB down for an hour", _down_for_an_hour, _influx),
    Fault("InfluxDB down while much comes", _down_while_much_comes, _influx),
    Fault("InfluxDB killed and started", _influx_restarted, _influx),
    Fault("PostgreSQL crashed and started", _postgres_restarted, lambda s: s.database == "postgresql"),
    Fault("readings.db locked", partial(_locked, "readings.db"), lambda s: s.store == "embedded"),
    Fault("anhu.db locked", partial(_locked, "anhu.db"), lambda s: s.database == "sqlite"),
    Fault("deadletters.db locked", partial(_locked, "deadletters.db"), lambda s: s.database == "sqlite"),
)
