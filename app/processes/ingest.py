"""Ingest: from the LOG into the time-series stores; also writes every process's health rows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.last_heard import write_heard
from app import series_wiring, wiring
from app.health_rows import HealthRows
from app.probes.surroundings import pool
from app.processes.ingest_parts import Shelves
from app.processes.ingest_shards import ReadAll, ReadShare
from app.processes.process import STATUS_S, Context
from ingest import upkeep
from ingest.filling import fill_newest
from ingest.last_heard import Heard

_NICE = 4  # where cores are short, the door and a call for help go before a number on its way to the store


async def body(context: Context) -> None:
    """Read, check and store until the end."""
    os.nice(_NICE)
    settings, stop = context.settings, context.stop
    shelves = Shelves(settings, context.clock)
    reading = ReadShare(shelves) if wiring.log_is_shared(settings) else ReadAll(shelves)
    sessions = open_sessions(settings.database, settings.database_limits(context.name))
    context.numbers.add(pool(sessions))

    def counters() -> Mapping[str, float]:
        return {**reading.counters(), **shelves.counters()}

    beside = [asyncio.create_task(context.report(counters, shelves.delays.families), name="status")]
    beside += [asyncio.create_task(work, name=name) for name, work in _beside(context, shelves, sessions)]
    context.ready.opened()
    await reading.run(stop)
    await asyncio.gather(*beside)
    close_sessions(sessions)
    shelves.close()


def _beside(
    context: Context, shelves: Shelves, sessions: sessionmaker[Session]
) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """Yield what is done beside reading, each with its name."""
    settings, clock, stop = context.settings, context.clock, context.stop
    health = HealthRows(settings.data / "status", sessions)
    keep = upkeep.Keep(readings_d=settings.keep_readings_d, waveforms_d=settings.keep_waveforms_d)

    def write_down(news: Sequence[Heard]) -> None:
        with sessions.begin() as session:
            write_heard(session, news)

    yield "health rows", upkeep.write_health(shelves.writer, health.at, clock, stop, every_s=STATUS_S)
    for one in shelves.works:
        yield "hourly values", upkeep.put_hours_together(one, stop)
    yield "last heard", upkeep.note_heard(shelves.heard, write_down, clock, stop)
    yield "delivery log", upkeep.note_deliveries(shelves.delivered, shelves.book, clock, stop)
    yield "tidy", upkeep.tidy(shelves.letters, shelves.writer, keep, clock, stop)
    if shelves.stores is not None:
        yield "moves", upkeep.hear_of_moves(shelves.stores.directory, stop)
    if shelves.table is not None:
        yield "newest values", _fill(context, shelves, sessions)


async def _fill(context: Context, shelves: Shelves, sessions: sessionmaker[Session]) -> None:
    """Complete the table of newest values from the stores, until the end."""
    assert shelves.table is not None  # noqa: S101 - who calls has asked
    query = series_wiring.store_itself(context.settings, context.clock)
    await fill_newest(shelves.table, query, series_wiring.some_residents(sessions), context.stop)
    query.close()
