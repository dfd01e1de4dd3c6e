"""The watcher: calls the platform every minute as a device would, and tells somebody outside that it arrived.

It also keeps the service figures of months that are over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from alerts.service_figures.freezing import freeze
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import SettingsError
from anhu.registry.database import close_sessions, open_sessions
from app.device_door import device_door
from app.heartbeat.beat import BEATS_FILE, Beat, Beats, Stage
from app.heartbeat.deadman import DeadMan
from app.heartbeat.heart import Heart
from app.probes.surroundings import pool
from app.processes.process import Context

_logger = logging.getLogger(__name__)
_FIGURES_S = 3_600.0


async def body(context: Context) -> None:
    """Call until the end."""
    settings = context.settings
    beats, dead_man = Beats(settings.data / BEATS_FILE), DeadMan(settings.watcher.deadman_url)
    sessions = open_sessions(settings.database)
    context.numbers.add(pool(sessions))
    reporting = asyncio.create_task(context.report(lambda: _counters(beats, dead_man)), name="status")
    keeping = asyncio.create_task(_keep_figures(context, sessions), name="figures")
    context.ready.opened()
    if settings.watcher.heartbeat_s:
        await _beat(context, sessions, beats, dead_man)
    else:
        await context.stop.wait()
    await reporting
    await keeping
    close_sessions(sessions)
    await dead_man.close()


async def _beat(context: Context, sessions: sessionmaker[Session], beats: Beats, dead_man: DeadMan) -> None:
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
        await _once(context, heart, beats, dead_man)
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


async def _once(context: Context, heart: Heart, beats: Beats, dead_man: DeadMan) -> None:
    try:
        beat = await heart.beat()
    except SQLAlchemyError as error:
        _logger.warning("the heartbeat found no database: %s", type(error).__name__)
        beat = Beat(context.clock.now_ms(), None, None, None)
    beats.add(beat)
    if beat.failed is None:
        await dead_man.tell()
    else:
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
