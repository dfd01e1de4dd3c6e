"""The platform's calls of itself in the database, where the pages and `anhu doctor` of every machine see them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import DAY_MS
from anhu.registry.beat_tables import PlatformBeat
from anhu.registry.database import reading
from app.heartbeat.beat import BEATS_FILE, KEPT, Beat, BeatFile, BeatStore
from app.settings import Settings

_logger = logging.getLogger(__name__)
_COLUMNS = (PlatformBeat.at_ms, PlatformBeat.door_ms, PlatformBeat.alert_ms, PlatformBeat.phone_ms)


class BeatTable:
    """Rows of a database that machines share. What it does not take is written with the next call."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._unwritten: list[Beat] = []

    def read(self) -> Sequence[Beat]:
        """Return those of the last day; none while the database does not answer."""
        order = (PlatformBeat.at_ms, PlatformBeat.partition)
        try:
            with reading(self._sessions)() as session:
                rows = session.execute(select(*_COLUMNS, PlatformBeat.partition).order_by(*order))
                return [Beat(*row) for row in rows]
        except SQLAlchemyError as error:
            _logger.warning("the calls of the last day could not be read: %s", type(error).__name__)
            return []

    def write(self, beats: Sequence[Beat], new: Sequence[Beat]) -> None:
        """Write the new ones, and delete those that are older than a day."""
        self._unwritten = [*self._unwritten, *new][-KEPT:]
        old = delete(PlatformBeat).where(PlatformBeat.at_ms < beats[-1].at_ms - DAY_MS)
        try:
            with self._sessions.begin() as session:
                for beat in self._unwritten:
                    session.merge(PlatformBeat(**beat._asdict()))
                session.execute(old)
        except SQLAlchemyError as error:
            _logger.warning("what became of a test call is not written yet: %s", type(error).__name__)
        else:
            self._unwritten = []


def beat_store(settings: Settings, sessions: sessionmaker[Session]) -> BeatStore:
    """Return where they are kept: in a database that machines may share, else in the data folder."""
    if settings.database_url.startswith("postgres"):
        return BeatTable(sessions)
    return BeatFile(settings.data / BEATS_FILE)
