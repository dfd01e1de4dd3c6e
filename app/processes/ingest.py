"""Ingest: from the LOG into the time-series store; also writes every process's health rows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.last_heard import write_heard
from app import wiring
from app.health_rows import HealthRows
from app.probes.surroundings import pool
from app.processes.process import STATUS_S, Context
from ingest import upkeep
from ingest.deliveries import DeliveryCounts
from ingest.last_heard import Heard, LastHeard
from ingest.worker import IngestWorker

_NICE = 4  # where cores are short, the door and a call for help go before a number on its way to the store


async def body(context: Context) -> None:
    """Read, check and store until the end."""
    os.nice(_NICE)
    settings, clock, stop = context.settings, context.clock, context.stop
    writer = wiring.store_writer(settings)
    letters = wiring.dead_letters(settings, clock)
    reader = wiring.log_reader(settings, "ingest")
    heard, delivered, book = LastHeard(), DeliveryCounts(), wiring.delivery_book(settings)
    worker = IngestWorker(reader, writer, letters, clock, heard=heard, delivered=delivered)
    hourly = wiring.hourly_work(settings, clock)
    sessions = open_sessions(settings.database)
    context.numbers.add(pool(sessions))
    health = HealthRows(settings.data / "status", sessions)
    keep = upkeep.Keep(readings_d=settings.keep_readings_d, waveforms_d=settings.keep_waveforms_d)

    def counters() -> Mapping[str, float]:
        return {**worker.counters(), "hourly_values": float(hourly.done)}

    def write_down(news: Sequence[Heard]) -> None:
        with sessions.begin() as session:
            write_heard(session, news)

    beside = [
        asyncio.create_task(context.report(counters, worker.delays.families), name="status"),
        asyncio.create_task(upkeep.write_health(writer, health.at, clock, stop, every_s=STATUS_S), name="health rows"),
        asyncio.create_task(upkeep.put_hours_together(hourly, stop), name="hourly values"),
        asyncio.create_task(upkeep.note_heard(heard, write_down, clock, stop), name="last heard"),
        asyncio.create_task(upkeep.note_deliveries(delivered, book, clock, stop), name="delivery log"),
        asyncio.create_task(upkeep.tidy(letters, writer, keep, clock, stop), name="tidy"),
    ]
    context.ready.opened()
    await worker.run(stop)
    await asyncio.gather(*beside)
    close_sessions(sessions)
    for one in (reader, letters, book, writer, hourly):
        one.close()
