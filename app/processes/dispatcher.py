"""The dispatcher: sends what the outbox holds, and moves unanswered alerts up their ladder."""

from __future__ import annotations

import asyncio
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions, reading
from app import wiring
from app.probes.surroundings import pool
from app.probes.watched import Watched
from app.processes.process import Context
from notify.channels import callback_readers, capabilities, channel_limits, open_channels
from notify.dispatcher import Dispatcher
from notify.subjects import subjects


async def body(context: Context) -> None:
    """Send until the end; what is on its way is finished or sent again after the next start."""
    settings = context.settings
    sessions = open_sessions(settings.database, settings.database_limits(context.name))
    context.numbers.add(pool(sessions))
    channels = open_channels(wiring.channel_settings(settings), context.clock, sessions)
    dispatcher = Dispatcher(
        sessions,
        channels,
        context.clock,
        capabilities=capabilities(),
        subjects=subjects(),
        readers=callback_readers(settings.channels),
        limits=channel_limits(settings.channels),
        public_url=settings.base_url,
        time_zone=settings.time_zone,
    )
    database = Watched(partial(_ask, sessions))
    context.ready.require("database", database.flaw)
    dispatcher.delays.tracer = context.tracer
    context.ready.opened()
    watching = asyncio.create_task(database.run(context.stop), name="database")
    reporting = asyncio.create_task(
        context.report(lambda: dispatcher.counters, dispatcher.delays.families), name="status"
    )
    await dispatcher.run(context.stop)
    await asyncio.gather(reporting, watching)
    for channel in channels.values():
        await channel.close()
    close_sessions(sessions)


def _ask(sessions: sessionmaker[Session]) -> str:
    with reading(sessions)() as session:
        session.execute(text("SELECT 1"))
    return ""
