"""The platform's own health for the wall screens: every process's counters, and the open alerts of each centre.

Ingest has the one writer of the store, so it writes them all; here its rows are fetched from where they stand. The
alert process does not write its own: with it dead, the open alerts must still be on the desk's screen.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes.open_alerts import open_alerts
from anhu.registry.database import reading
from app import status
from app.status_board import is_shared
from ingest.store.port import PlatformRow

_logger = logging.getLogger(__name__)


class HealthRows:
    """Fetches the health rows of a time.

    Parameters
    ----------
    folder : Path
        Where the processes' status files are.
    sessions : sessionmaker
        Of the platform's database.
    """

    def __init__(self, folder: Path, sessions: sessionmaker[Session]) -> None:
        self._folder = folder
        self._sessions = reading(sessions)
        self._is_shared = is_shared(sessions)

    def at(self, now_ms: int) -> Sequence[PlatformRow]:
        """Return the rows; without the open alerts while the database does not answer. [ms]."""
        rows = status.platform_rows(self._folder, now_ms, with_instance=self._is_shared)
        try:
            return [*rows, *self._open_alerts(now_ms)]
        except DBAPIError as error:
            _logger.warning("the database does not answer, no open alerts on the wall screen: %s", error.orig)
            return rows

    def _open_alerts(self, now_ms: int) -> Sequence[PlatformRow]:
        with self._sessions.begin() as session:
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
