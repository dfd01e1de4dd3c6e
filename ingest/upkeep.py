"""What goes on beside the worker until the end: hourly values, tidying, health rows. A failure delays, and is said."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.clock import DAY_MS, HOUR_MS, SECOND_MS, Clock
from ingest.delivered import DeliveryLog
from ingest.deliveries import DeliveryCounts
from ingest.last_heard import Heard, LastHeard
from ingest.letter import Letters
from ingest.pause import stopped_within
from ingest.store.counties.homes import HomeDirectory
from ingest.store.hourly import HourlyWork
from ingest.store.port import PlatformRow, StoreUnavailableError, StoreWriter

_logger = logging.getLogger(__name__)
_HOURS_S = 60.0
_HEARD_S = 5.0
_DELIVERIES_S = 60.0
_MOVES_S = 2.0
_REST = 3.0  # pause after a slice, in its own length: at most a quarter of a core
_TIDY_S = HOUR_MS / SECOND_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long an installation keeps what was stored. [d]."""

    readings_d: int
    waveforms_d: int


async def put_hours_together(hourly: HourlyWork, stop: asyncio.Event) -> None:
    """Make the hourly values of hours that are over; charts read the numbers until that is done."""
    loop = asyncio.get_running_loop()
    trouble, pause_s = "", 0.0
    while not await stopped_within(stop, pause_s):
        began_s = loop.time()
        try:
            more = await asyncio.to_thread(hourly.step)
            pause_s = (loop.time() - began_s) * _REST if more else _HOURS_S
            trouble = ""
        except (StoreUnavailableError, SQLAlchemyError, sqlite3.Error) as error:
            pause_s = _HOURS_S
            if str(error) != trouble:
                _logger.warning("hourly values wait, charts of months are slower meanwhile: %s", error)
            trouble = str(error)
        except Exception:
            pause_s = _HOURS_S
            _logger.exception("hourly values wait, charts of months are slower meanwhile")


async def tidy(letters: Letters, writer: StoreWriter, keep: Keep, clock: Clock, stop: asyncio.Event) -> None:
    """Drop what is older than the installation keeps, once an hour."""
    while not await stopped_within(stop, _TIDY_S):
        await asyncio.to_thread(letters.tidy)
        now_ms = clock.now_ms()
        await asyncio.to_thread(
            writer.prune,
            points_before_ms=now_ms - keep.readings_d * DAY_MS,
            waveforms_before_ms=now_ms - keep.waveforms_d * DAY_MS,
        )


async def write_health(
    writer: StoreWriter,
    rows_at: Callable[[int], Sequence[PlatformRow]],
    clock: Clock,
    stop: asyncio.Event,
    *,
    every_s: float,
) -> None:
    """Write the platform's health rows again and again, as they are now.

    Parameters
    ----------
    rows_at : callable
        Returns the rows of a time in ms; called in a thread.
    every_s : float
        Between two times. [s]
    """
    while not await stopped_within(stop, every_s):
        rows = await asyncio.to_thread(rows_at, clock.now_ms())
        await asyncio.to_thread(writer.write_platform, rows)


async def note_heard(
    heard: LastHeard, write: Callable[[Sequence[Heard]], None], clock: Clock, stop: asyncio.Event
) -> None:
    """Have written down, every few seconds, when devices were last heard. A failure delays it, and is said once."""
    is_well = True
    while not await stopped_within(stop, _HEARD_S):
        while due := heard.due(clock.now_ms()):
            try:
                await asyncio.to_thread(write, due)
                is_well = True
            except Exception as error:  # noqa: BLE001 - the list of devices is late, and the numbers go on
                heard.put_back(due)
                if is_well:
                    _logger.warning("when devices were last heard cannot be written down: %s", error)
                is_well = False
                break


async def note_deliveries(counts: DeliveryCounts, book: DeliveryLog, clock: Clock, stop: asyncio.Event) -> None:
    """Have the delivery log written once a minute, and at the end. A failure delays it, and is said once."""
    is_well, is_over = True, False
    while not is_over:
        is_over = await stopped_within(stop, _DELIVERIES_S)
        if not (rows := counts.take()):
            continue
        try:
            await asyncio.to_thread(book.add, rows, clock.now_ms())
            is_well = True
        except Exception as error:  # noqa: BLE001 - the delivery log is late, and the numbers go on
            counts.give_back(rows)
            if is_well:
                _logger.warning("the delivery log cannot be written: %s", error)
            is_well = False


async def hear_of_moves(directory: HomeDirectory, stop: asyncio.Event) -> None:
    """Ask again and again who has moved to another county. A failure delays it, and is said once."""
    is_well = True
    while not await stopped_within(stop, _MOVES_S):
        try:
            await asyncio.to_thread(directory.refresh)
            is_well = True
        except SQLAlchemyError as error:
            if is_well:
                _logger.warning("who has moved to another county is not known: %s", type(error).__name__)
            is_well = False
