"""Alerts: from the LOG to findings, and findings into the database with what must be sent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from sqlalchemy.orm import Session, sessionmaker

from alerts.detectors import discover
from alerts.versions import discover_versions
from alerts.worker import AlertWorker
from anhu.registry.database import close_sessions, open_sessions, reading
from anhu.registry.idle_limit import end_idle_transactions
from anhu.registry.payload_vault import PayloadVault
from app import wiring
from app.probes.surroundings import pool
from app.processes.alert_shards import AlertShards
from app.processes.process import Context
from app.processes.shard_counters import with_log
from app.processes.sharing import IDLE_S, sharing
from app.secret_key import payload_vault

_NICE = 2  # where cores are short, the door goes first: a call that it has not taken yet cannot be put before others


async def body(context: Context) -> None:
    """Watch until the end; everything decided by then is stored."""
    os.nice(_NICE)
    sessions = open_sessions(context.settings.database, context.settings.database_limits(context.name))
    context.numbers.add(pool(sessions))
    with reading(sessions)() as session:
        vault = payload_vault(context.settings, session)
    if wiring.log_is_shared(context.settings):
        await _watch_a_share(context, sessions, vault)
    else:
        await _watch_all(context, sessions, vault)
    close_sessions(sessions)


async def _watch_all(context: Context, sessions: sessionmaker[Session], vault: PayloadVault | None) -> None:
    """Watch the one partition of the embedded LOG: nobody else reads it, and nobody is asked."""
    reader, ahead = (wiring.log_reader(context.settings, "alerts") for _ in range(2))
    versions, zone = discover_versions(), context.settings.time_zone
    worker = AlertWorker(
        reader, ahead, sessions, discover(), context.clock, versions=versions, time_zone=zone, vault=vault
    )
    reporting = asyncio.create_task(
        context.report(with_log(worker.counters, reader), worker.delays.families), name="status"
    )
    context.ready.require("engine", lambda: "" if worker.is_live else "comes back")
    worker.delays.tracer = context.tracer
    context.ready.opened()
    await worker.run(context.stop)
    await reporting
    reader.close()
    ahead.close()


async def _watch_a_share(context: Context, sessions: sessionmaker[Session], vault: PayloadVault | None) -> None:
    """Watch the partitions that this process has leases of."""
    end_idle_transactions(sessions, after_s=IDLE_S)
    partitions = wiring.log_partitions(context.settings)
    shards = AlertShards(context, sessions, partitions, vault)
    database = context.settings.database
    with sharing(database, "alerts", partitions, shards.work, shards.reported) as runner:

        def counters() -> Mapping[str, float]:
            return {**shards.counters.together(), **runner.counters()}

        reporting = asyncio.create_task(context.report(counters, shards.delays.families), name="status")
        context.ready.require("engines", lambda: "" if shards.are_live else "come back")
        context.ready.require("LOG", shards.log_flaw)
        context.ready.opened()
        await runner.run(context.stop)
        await reporting
