"""Ingest: from the LOG into the time-series stores; also writes every process's health rows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.last_heard import write_heard
from app import series_wiring, wiring
from app.health_rows import HealthRows
from app.processes.process import STATUS_S, Context
from ingest import upkeep
from ingest.deliveries import DeliveryCounts
from ingest.filling import fill_newest
from ingest.last_heard import Heard, LastHeard
from ingest.newest_values import NewestValues
from ingest.worker import IngestWorker

_NICE = 4  # where cores are short, the door and a call for help go before a number on its way to the store
_GATHER_S = 0.1
_GATHER_PARTED_S = 0.5  # a batch is parted among the stores of many counties: fewer, larger ones


async def body(context: Context) -> None:
    """Read, check and store until the end."""
    os.nice(_NICE)
    settings, clock, stop = context.settings, context.clock, context.stop
    letters, book = series_wiring.dead_letters(settings, clock), series_wiring.delivery_log(settings)
    stores = series_wiring.county_stores(settings, clock)
    writer = stores or series_wiring.store_writer(settings, clock)
    reader = wiring.log_reader(settings, "ingest")
    heard, delivered = LastHeard(), DeliveryCounts()
    table = series_wiring.newest_book(settings)
    lanes = None
    if stores is not None:
        lanes = series_wiring.lanes(settings, stores, lambda: wiring.log_reader(settings, "ingest"), letters, clock)
    worker = IngestWorker(
        reader,
        writer,
        letters,
        clock,
        gather_s=_GATHER_S if lanes is None else _GATHER_PARTED_S,
        heard=heard,
        delivered=delivered,
        newest=None if table is None else NewestValues(table, clock),
        lanes=lanes,
    )
    works = series_wiring.hourly_works(settings, clock)
    sessions = open_sessions(settings.database)
    health = HealthRows(settings.data / "status", sessions)
    keep = upkeep.Keep(readings_d=settings.keep_readings_d, waveforms_d=settings.keep_waveforms_d)

    def counters() -> Mapping[str, float]:
        away = {} if stores is None else stores.counters()
        return {**worker.counters(), **away, "hourly_values": float(sum(one.done for one in works))}

    def write_down(news: Sequence[Heard]) -> None:
        with sessions.begin() as session:
            write_heard(session, news)

    beside = [
        asyncio.create_task(context.report(counters), name="status"),
        asyncio.create_task(upkeep.write_health(writer, health.at, clock, stop, every_s=STATUS_S), name="health rows"),
        *(asyncio.create_task(upkeep.put_hours_together(one, stop), name="hourly values") for one in works),
        asyncio.create_task(upkeep.note_heard(heard, write_down, clock, stop), name="last heard"),
        asyncio.create_task(upkeep.note_deliveries(delivered, book, clock, stop), name="delivery log"),
        asyncio.create_task(upkeep.tidy(letters, writer, keep, clock, stop), name="tidy"),
    ]
    closed: list[Callable[[], None]] = [reader.close, letters.close, book.close, writer.close]
    closed += [one.close for one in works]
    if lanes is not None and stores is not None:
        beside.append(asyncio.create_task(lanes.follow(stop), name="stores that are behind"))
        beside.append(asyncio.create_task(upkeep.hear_of_moves(stores.directory, stop), name="moves"))
    if table is not None:
        query = series_wiring.store_itself(settings, clock)
        filling = fill_newest(table, query, series_wiring.some_residents(sessions), stop)
        beside.append(asyncio.create_task(filling, name="newest values"))
        closed += [query.close, table.close]
    await worker.run(stop)
    await asyncio.gather(*beside)
    close_sessions(sessions)
    for close in closed:
        close()
