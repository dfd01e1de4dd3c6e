"""A test call goes through one partition of the LOG; whether the others are read is asked beside it."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import MINUTE_MS
from anhu.registry.database import reading
from anhu.registry.shard_leases import database_now_ms
from anhu.registry.shard_watch import ShardFault, lines, shard_flaws
from app import wiring
from app.settings import Settings

_logger = logging.getLogger(__name__)
_STUCK_MS = 2 * MINUTE_MS
"""Calls for help go ahead of a backlog; who has not come to the end for so long may not do that either. [ms]"""


class Partitions:
    """Looks whether a call for help would be heard in every partition.

    Attributes
    ----------
    unread : int
        In how many not, when somebody looked last.
    """

    def __init__(self, settings: Settings, sessions: sessionmaker[Session]) -> None:
        self._partitions = wiring.log_partitions(settings) if wiring.log_is_shared(settings) else 0
        self._sessions = reading(sessions)
        self.unread = 0

    def look(self) -> int:
        """Return in how many partitions nobody would hear a call; all of them while the database does not say."""
        if not self._partitions:
            return 0
        try:
            with self._sessions() as session:
                flaws = shard_flaws(session, "alerts", self._partitions, database_now_ms(session))
        except SQLAlchemyError:
            self.unread = self._partitions
            return self.unread
        loud = [one for one in flaws if one.fault is ShardFault.NOBODY or one.for_ms > _STUCK_MS]
        for line in lines(loud):
            _logger.error("calls for help would not be heard: %s", line)
        self.unread = len(loud)
        return self.unread
