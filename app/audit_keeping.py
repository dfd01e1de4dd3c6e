"""Makes the tables of the audit's months before they begin; that it does not is told by `anhu doctor`."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.audit_parts import keep_parts
from app.processes.process import Context

_logger = logging.getLogger(__name__)
_EVERY_S = 3_600.0


async def keep_audit_parts(context: Context, sessions: sessionmaker[Session]) -> None:
    """Look every hour, until the end; on SQLite there is nothing to do."""
    while not context.stop.is_set():
        await asyncio.to_thread(make_parts, sessions, context.clock.now_ms())
        with suppress(TimeoutError):
            await asyncio.wait_for(context.stop.wait(), _EVERY_S)


def make_parts(sessions: sessionmaker[Session], now_ms: int) -> int:
    """Make what is missing; return how many months. What cannot be made now is tried again. [ms]."""
    try:
        with sessions.begin() as session:
            made = keep_parts(session, now_ms)
    except SQLAlchemyError as error:
        _logger.warning("the audit's next months have no tables yet: %s", type(error).__name__)
        return 0
    if made:
        _logger.info("the audit has tables for %d more months", made)
    return made
