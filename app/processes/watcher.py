"""The watcher: calls the platform every minute as a device would, and tells somebody outside that it arrived.

It also keeps the service figures of months that are over, and makes the months' tables of the audit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from alerts.service_figures.freezing import freeze
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import SettingsError
from anhu.registry.database import close_sessions, open_sessions
from app import wiring
from app.audit_keeping import keep_audit_parts
from app.device_door import device_door
from app.heartbeat.beat import BEATS_FILE, Beat, Beats, Stage
from app.heartbeat.deadman import DeadMan
from app.heartbeat.heart import Heart
from app.heartbeat.partitions import Partitions
from app.probes.surroundings import pool
from app.processes.process import Context
from app.processes.sharing import sharing

_logger = logging.getLogger(__name__)
_FIGURES_S = 3_600.0


async def body(context: Context) -> None:
    """Call until the end."""
    settings = context.settings
    beats, dead_man = Beats(settings.data / BEATS_FILE), DeadMan(settings.watcher.deadman_url)
    sessions = open_sessions(settings.database, settings.database_limits(context.name))
    context.numbers.add(pool(sessions))
    partitions = Partitions(settings, sessions)

    def counters() -> Mapping[str, float]:
        return {**_counters(beats, dead_man), "partitions_unread": float(partitions.unread)}

    async def watch(_partition: int, _epoch: int, stop: asyncio.Event) -> None:
        alone = replace(context, stop=stop)
        keeping = asyncio.create_task(_keep_figures(alone, sessions), name="figures")
        parting = asyncio.create_task(keep_audit_parts(alone, sessions), name="parts")
        if settings.watcher.heartbeat_s:
            await _beat(alone, sessions, beats, dead_man, partitions)
        else:
            await stop.wait()
        await keeping
        await parting

    reporting = asyncio.create_task(context.report(counters), name="status")
    context.ready.opened()
    if wiring.log_is_shared(settings):  # two would take the test device from each other: one stands by
        with sharing(settings.database, "watcher", 1, watch) as runner:
            await runner.run(context.stop)
    else:
        await watch(0, 0, context.stop)
    await reporting
    close_sessions(sessions)
    await dead_man.close()


async def _beat(
    context: Context, sessions: sessionmaker[Session], beats: Beats, dead_man: DeadMan, partitions: Partitions
) -> None:
    settings = context.settings
    try:
        door = device_door(settings)
    except SettingsError:
        _logger.warning("no heartbeat: there is no door for devices, they come by a broker")
        await context.stop.wait()
        return
    heart = Heart(sessions, context.clock, door=door)
    heart.set_up()
    while not context.stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(context.stop.wait(), _wait_s(context, settings.watcher.heartbeat_s))
            break
        await _once(context, heart, beats, dead_man, partitions)
    await heart.stop()


async def _keep_figures(context: Context, sessions: sessionmaker[Session]) -> None:
    """Freeze the months that are over, looked at every hour."""
    zone = ZoneInfo(context.settings.time_zone)
    while not context.stop.is_set():
        try:
            with sessions.begin() as session:
                written = freeze(session, zone=zone, now_ms=context.clock.now_ms())
        except SQLAlchemyError as error:
            _logger.warning("the figures of the last months could not be kept: %s", type(error).__name__)
        else:
            if written:
                _logger.info("figures of months that are over: %d new revisions", written)
        with suppress(TimeoutError):
            await asyncio.wait_for(context.stop.wait(), _FIGURES_S)


def _wait_s(context: Context, period_s: int) -> float:
    """Return how long until the next full period of the clock. [s]."""
    return period_s - context.clock.now_ms() / SECOND_MS % period_s


async def _once(context: Context, heart: Heart, beats: Beats, dead_man: DeadMan, partitions: Partitions) -> None:
    try:
        beat = await heart.beat()
    except SQLAlchemyError as error:
        _logger.warning("the heartbeat found no database: %s", type(error).__name__)
        beat = Beat(context.clock.now_ms(), None, None, None)
    beats.add(beat)
    unread = await asyncio.to_thread(partitions.look)
    if beat.failed is None and not unread:
        await dead_man.tell()
    elif beat.failed is not None:
        _logger.error("a test call of the platform ended before the %s", beat.failed)


def _counters(beats: Beats, dead_man: DeadMan) -> Mapping[str, float]:
    """Return the last call and since when they fail; nothing before the first."""
    counters = {"beats": float(len(beats.all)), "beats_failed": float(sum(b.failed is not None for b in beats.all))}
    if beats.all:
        last = beats.all[-1]
        reached = dict(zip(Stage, last[1:], strict=True))
        counters |= {f"{stage}_ms": float(ms) for stage, ms in reached.items() if ms is not None}
        counters |= {"last_beat_ms": float(last.at_ms), "failing_since_ms": float(beats.failing_since_ms)}
        counters |= {f"failed_{stage}": float(last.failed == stage) for stage in Stage}
    return counters | {name: float(n) for name, n in dead_man.counters.items()}
