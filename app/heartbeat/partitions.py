"""Test calls go through some partitions of the LOG each time; whether all are read is asked beside them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

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
    looked : bool
        Whether somebody has.
    """

    def __init__(self, settings: Settings, sessions: sessionmaker[Session]) -> None:
        self._partitions = wiring.log_partitions(settings) if wiring.log_is_shared(settings) else 0
        self._sessions = reading(sessions)
        self.unread, self.looked = 0, False
        self._said: Sequence[str] = ()

    @property
    def are_several(self) -> bool:
        """Whether there is anything to look at: one process reads a LOG that is not shared."""
        return bool(self._partitions)

    def look(self) -> int:
        """Return in how many partitions nobody would hear a call; all of them while the database does not say."""
        if not self._partitions:
            return 0
        self.looked = True
        try:
            with self._sessions() as session:
                flaws = shard_flaws(session, "alerts", self._partitions, database_now_ms(session))
        except SQLAlchemyError:
            self.unread = self._partitions
            return self.unread
        loud = [one for one in flaws if one.fault is ShardFault.NOBODY or one.for_ms > _STUCK_MS]
        self.unread = len(loud)
        self._say([f"{one.fault} {one.partition}" for one in loud], [*lines(loud)])
        return self.unread

    def _say(self, flaws: Sequence[str], told: Sequence[str]) -> None:
        """Log what is wrong, once until it is something else."""
        if flaws != self._said:
            for line in told:
                _logger.error("calls for help would not be heard: %s", line)
        self._said = flaws
