"""Alerts: from the LOG to findings, and findings into the database with what must be sent."""

from __future__ import annotations

import asyncio
import os

from alerts.detectors import discover
from alerts.versions import discover_versions
from alerts.worker import AlertWorker
from anhu.registry.database import close_sessions, open_sessions, reading
from app import wiring
from app.probes.surroundings import pool
from app.processes.process import Context
from app.secret_key import payload_vault

_NICE = 2  # where cores are short, the door goes first: a call that it has not taken yet cannot be put before others


async def body(context: Context) -> None:
    """Watch until the end; everything decided by then is stored."""
    os.nice(_NICE)
    sessions = open_sessions(context.settings.database)
    context.numbers.add(pool(sessions))
    reader, ahead = (wiring.log_reader(context.settings, "alerts") for _ in range(2))
    versions, zone = discover_versions(), context.settings.time_zone
    with reading(sessions)() as session:
        vault = payload_vault(context.settings, session)
    worker = AlertWorker(
        reader, ahead, sessions, discover(), context.clock, versions=versions, time_zone=zone, vault=vault
    )
    reporting = asyncio.create_task(context.report(worker.counters, worker.delays.families), name="status")
    context.ready.require("engine", lambda: "" if worker.counters().get("live") else "comes back")
    worker.delays.tracer = context.tracer
    context.ready.opened()
    await worker.run(context.stop)
    await reporting
    reader.close()
    ahead.close()
    close_sessions(sessions)
