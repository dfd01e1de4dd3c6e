"""The watcher: calls the platform every minute as a device would, and tells somebody outside that it arrived.

It also keeps the service figures of months that are over, and makes the months' tables of the audit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from alerts.service_figures.freezing import freeze
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.errors import SettingsError
from anhu.registry.database import close_sessions, open_sessions
from app import wiring
from app.audit_keeping import keep_audit_parts
from app.device_door import device_door
from app.heartbeat.beat import Beats, Stage
from app.heartbeat.beat_table import beat_store
from app.heartbeat.deadman import DeadMan
from app.heartbeat.hearts import CHANNEL, Hearts
from app.heartbeat.partitions import Partitions
from app.heartbeat.turns import Turns
from app.probes.surroundings import pool
from app.processes.process import Context
from app.processes.sharing import sharing

_logger = logging.getLogger(__name__)
_FIGURES_S = 3_600.0
_LOOK_S = 10.0


class _Watch:
    """What one watcher has at hand."""

    def __init__(self, context: Context, sessions: sessionmaker[Session]) -> None:
        settings = context.settings
        self.context, self.sessions = context, sessions
        self.beats = Beats(beat_store(settings, sessions), wiring.log_partitions(settings))
        self.dead_man = DeadMan(settings.watcher.deadman_url)
        self.partitions = Partitions(settings, sessions)
        self.hearts: Hearts | None = None

    def counters(self) -> Mapping[str, float]:
        """Return what it knows; of calls nothing while another watcher makes them."""
        strangers = self.hearts.strangers if self.hearts is not None else 0
        own = {"partitions_unread": float(self.partitions.unread)} if self.partitions.looked else {}
        return {**_counters(self.beats, self.dead_man), **own, "phone_strangers": float(strangers)}


async def body(context: Context) -> None:
    """Call until the end."""
    settings = context.settings
    sessions = open_sessions(settings.database, settings.database_limits(context.name))
    context.numbers.add(pool(sessions))
    known = _Watch(context, sessions)

    async def watch(_partition: int, _epoch: int, stop: asyncio.Event) -> None:
        alone = replace(context, stop=stop)
        keeping = asyncio.create_task(_keep_figures(alone, sessions), name="figures")
        parting = asyncio.create_task(keep_audit_parts(alone, sessions), name="parts")
        looking = asyncio.create_task(_look(known.partitions, stop), name="partitions")
        if settings.watcher.heartbeat_s:
            await _beat(known, stop)
        else:
            await stop.wait()
        await asyncio.gather(keeping, parting, looking)

    reporting = asyncio.create_task(context.report(known.counters), name="status")
    context.ready.opened()
    if wiring.log_is_shared(settings):  # two would take the test device from each other: one stands by
        known.beats.forget()
        with sharing(settings.database, "watcher", 1, watch) as runner:
            await runner.run(context.stop)
    else:
        await watch(0, 0, context.stop)
    await reporting
    close_sessions(sessions)
    await known.dead_man.close()


async def _look(partitions: Partitions, stop: asyncio.Event) -> None:
    """Look again and again whether every partition is read, with test calls or without."""
    while partitions.are_several and not stop.is_set():
        await asyncio.to_thread(partitions.look)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_S)


async def _beat(known: _Watch, stop: asyncio.Event) -> None:
    settings, clock = known.context.settings, known.context.clock
    try:
        device_door(settings)
    except SettingsError:
        _logger.warning("no heartbeat: there is no door for devices, they come by a broker")
        await stop.wait()
        return
    count, door = wiring.log_partitions(settings), partial(device_door, settings)
    hearts = Hearts(known.sessions, clock, settings.channels[CHANNEL], door=door, partitions=count)
    await asyncio.to_thread(hearts.set_up)
    await asyncio.to_thread(known.beats.read)
    known.hearts, turns = hearts, Turns(count, clock.now_ms() // MINUTE_MS)
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _wait_s(clock, settings.watcher.heartbeat_s))
            break
        beats = await hearts.beat(turns.take(known.beats.failing))
        await asyncio.to_thread(known.beats.add, *beats)
        await _tell(known)
    await hearts.stop()
    if wiring.log_is_shared(settings):
        known.beats.forget()


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


def _wait_s(clock: Clock, period_s: int) -> float:
    """Return how long until the next full period of the clock. [s]."""
    return period_s - clock.now_ms() / SECOND_MS % period_s


async def _tell(known: _Watch) -> None:
    """Say what is wrong here, or outside that all is well."""
    failing = known.beats.failing
    for stage in known.beats.ends():
        _logger.error("a test call of the platform ended before the %s: partitions %s", stage, sorted(failing))
    if not failing and not known.partitions.unread:
        await known.dead_man.tell()


def _counters(beats: Beats, dead_man: DeadMan) -> Mapping[str, float]:
    """Return the last call and since when they fail; nothing before the first."""
    counters = {"beats": float(len(beats.all)), "beats_failed": float(sum(b.failed is not None for b in beats.all))}
    if beats.all:
        last, ends = beats.all[-1], beats.ends()
        counters |= {f"{stage}_ms": float(ms) for stage, ms in last.reached.items() if ms is not None}
        counters |= {"last_beat_ms": float(last.at_ms), "failing_since_ms": float(beats.failing_since_ms)}
        counters |= {f"failed_{stage}": float(stage in ends) for stage in Stage}
        counters["partitions_failing"] = float(len(beats.failing))
    return counters | {name: float(n) for name, n in dead_man.counters.items()}
