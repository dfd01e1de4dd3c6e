"""Ingest: from the LOG into the time-series store; also writes every process's health rows."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes.open_alerts import open_alerts
from anhu.contract.clock import HOUR_MS
from anhu.registry.database import close_sessions, open_sessions, reading
from app import status, wiring
from app.processes.process import STATUS_S, Context
from ingest.deadletters import DeadLetters
from ingest.store.hourly import HourlyWork
from ingest.store.port import PlatformRow, StoreUnavailableError, StoreWriter
from ingest.worker import IngestWorker

log = logging.getLogger(__name__)
_HOURS_S = 60.0
_NICE = 4  # where cores are short, the door and a call for help go before a number on its way to the store
_REST = 3.0  # pause after a slice, in its own length: at most a quarter of a core


async def body(context: Context) -> None:
    """Read, check and store until the end."""
    os.nice(_NICE)
    writer = wiring.store_writer(context.settings)
    letters = wiring.dead_letters(context.settings, context.clock)
    reader = wiring.log_reader(context.settings, "ingest")
    worker = IngestWorker(reader, writer, letters, context.clock)
    hourly = wiring.hourly_work(context.settings, context.clock)

    def counters() -> Mapping[str, float]:
        return {**worker.counters(), "hours_done": float(hourly.done)}

    beside = [
        asyncio.create_task(context.report(counters), name="status"),
        asyncio.create_task(_write_health(context, writer), name="health rows"),
        asyncio.create_task(_put_hours_together(context, hourly), name="hourly values"),
        asyncio.create_task(_tidy(context, letters, writer), name="tidy"),
    ]
    await worker.run(context.stop)
    await asyncio.gather(*beside)
    reader.close()
    letters.close()
    writer.close()
    hourly.close()


async def _write_health(context: Context, writer: StoreWriter) -> None:
    folder = context.settings.data / "status"
    sessions = open_sessions(context.settings.database)
    while not await _stopped(context, STATUS_S):
        now_ms = context.clock.now_ms()
        rows = status.platform_rows(folder, now_ms)
        try:
            rows += await asyncio.to_thread(_open_alerts, sessions, now_ms)
        except DBAPIError as error:
            log.warning("the database does not answer, no open alerts on the wall screen: %s", error.orig)
        await asyncio.to_thread(writer.write_platform, rows)
    close_sessions(sessions)


def _open_alerts(sessions: sessionmaker[Session], now_ms: int) -> list[PlatformRow]:
    with reading(sessions).begin() as session:
        counted = open_alerts(session, now_ms=now_ms)
    return [
        PlatformRow(
            "alerts_open",
            now_ms,
            {"centre": row.centre_id, "priority": row.priority},
            {"open": row.open, "unacknowledged": row.unacknowledged, "oldest_s": row.oldest_s},
        )
        for row in counted
    ]


async def _put_hours_together(context: Context, hourly: HourlyWork) -> None:
    """Make the hourly values of hours that are over; charts read the numbers until that is done."""
    loop = asyncio.get_running_loop()
    trouble, pause_s = "", 0.0
    while not await _stopped(context, pause_s):
        began_s = loop.time()
        try:
            more = await asyncio.to_thread(hourly.step)
            pause_s = (loop.time() - began_s) * _REST if more else _HOURS_S
            trouble = ""
        except (StoreUnavailableError, sqlite3.Error) as error:
            pause_s = _HOURS_S
            if str(error) != trouble:
                log.warning("hourly values wait, charts of months are slower meanwhile: %s", error)
            trouble = str(error)
        except Exception:
            pause_s = _HOURS_S
            log.exception("hourly values wait, charts of months are slower meanwhile")


async def _tidy(context: Context, letters: DeadLetters, writer: StoreWriter) -> None:
    """Drop what is older than the installation keeps, once an hour."""
    while not await _stopped(context, HOUR_MS / 1_000):
        await asyncio.to_thread(letters.tidy)
        await asyncio.to_thread(wiring.prune, context.settings, writer, context.clock.now_ms())


async def _stopped(context: Context, seconds: float) -> bool:
    try:
        await asyncio.wait_for(context.stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
