"""What all processes of an installation last said of themselves, on this machine and on the others.

Each writes a file in its data folder. Where the database is PostgreSQL, which alone is shared by machines, it puts a
row into it, too: beside the loop, one at a time, so that a database that hangs holds up no file.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.contract.numbers import Family
from anhu.registry import process_statuses
from anhu.registry.database import close_sessions, engine_of, open_sessions, reading
from app import status
from app.instance import instance_of
from app.settings import Settings
from app.status import Status

_logger = logging.getLogger(__name__)
_LAST_WORDS_S = 5.0


class StatusBoard:
    """Where one process writes how it is.

    Attributes
    ----------
    failed : int
        Rows that the database did not take.
    """

    def __init__(self, settings: Settings, process: str, clock: Clock) -> None:
        self._folder, self._process, self._clock = settings.data / "status", process, clock
        self._instance = instance_of(settings)
        self._sessions = open_sessions(settings.database) if settings.database_url.startswith("postgres") else None
        self._writing: asyncio.Task[None] | None = None
        self.failed = 0

    def write(self, counters: Mapping[str, float], families: Sequence[Family]) -> None:
        """Write the file now, and begin to write the row unless the last one is still on its way."""
        status.write(self._folder, self._process, counters, self._clock, instance=self._instance, families=families)
        if self._sessions is None:
            return
        if self._writing is not None and not self._writing.done():
            self.failed += 1
            return
        put = self._putting(self._sessions, counters)
        self._writing = asyncio.create_task(asyncio.to_thread(self._in_the_database, put), name="status row")

    async def leave(self) -> None:
        """Take the row away: this end is meant. A database that does not answer keeps it, and it is told as silent."""
        if self._sessions is None:
            return
        if self._writing is not None:
            await asyncio.wait((self._writing,), timeout=_LAST_WORDS_S)
        off = asyncio.create_task(asyncio.to_thread(self._in_the_database, self._taking_off(self._sessions)))
        await asyncio.wait((off,), timeout=_LAST_WORDS_S)
        self.close()

    def close(self) -> None:
        """Hang up; the row stays."""
        if self._sessions is not None:
            close_sessions(self._sessions)

    def _putting(self, sessions: sessionmaker[Session], counters: Mapping[str, float]) -> Callable[[], None]:
        def put() -> None:
            with sessions.begin() as session:
                process_statuses.put(session, self._process, self._instance, pid=os.getpid(), counters=counters)

        return put

    def _taking_off(self, sessions: sessionmaker[Session]) -> Callable[[], None]:
        def take_off() -> None:
            with sessions.begin() as session:
                process_statuses.take_off(session, self._process, self._instance)

        return take_off

    def _in_the_database(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (SQLAlchemyError, OSError) as error:
            self.failed += 1
            _logger.warning("how this process is could not be told the others: %s", type(error).__name__)


def said_by_all(settings: Settings, clock: Clock, sessions: sessionmaker[Session] | None = None) -> Sequence[Status]:
    """Return what every process last said, by name; of one that said something in two places the newer.

    While the database does not answer those of this machine alone.

    Parameters
    ----------
    sessions : sessionmaker, optional
        Of the platform's database, where one is open already.
    """
    said = {(one.process, one.instance): one for one in status.read_all(settings.data / "status")}
    if settings.database_url.startswith("postgres"):
        opened = sessions or open_sessions(settings.database)
        try:
            rows = _rows(opened, clock.now_ms())
        except (SQLAlchemyError, OSError) as error:
            _logger.warning("the list of processes could not be read: %s", type(error).__name__)
            rows = []
        finally:
            if sessions is None:
                close_sessions(opened)
        for one in rows:
            here = said.get(key := (one.process, one.instance))
            said[key] = one._replace(families=here.families) if here is not None else one
    return [said[key] for key in sorted(said)]


def _rows(sessions: sessionmaker[Session], now_ms: int) -> list[Status]:
    with reading(sessions)() as session:
        found = process_statuses.read(session)
    return [Status(one.process, one.pid, now_ms - one.age_ms, one.counters, one.instance) for one in found]


def is_shared(sessions: sessionmaker[Session]) -> bool:
    """Tell whether processes of other machines may be in this database."""
    return engine_of(sessions).dialect.name == "postgresql"
