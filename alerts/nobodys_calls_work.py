"""Writes down what devices without a resident call, as the engine remembers it."""

from __future__ import annotations

import asyncio
from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.engine.calls_of_nobody import CallsOfNobody
from alerts.episodes.nobodys_calls import write_down
from anhu.contract.clock import Clock


class NobodysCallsWork:
    """Stores each device's newest call; a call that was read once more after a restart is written once."""

    def __init__(
        self, calls: CallsOfNobody, sessions: sessionmaker[Session], clock: Clock, counts: Counter[str]
    ) -> None:
        self._calls = calls
        self._sessions = sessions
        self._clock = clock
        self._counts = counts

    async def store(self, stop: asyncio.Event) -> None:
        """Store what waits, if anything does."""
        if self._calls:
            await with_database(self._store, stop, self._counts)

    def _store(self) -> None:
        waiting = self._calls.waiting()
        with self._sessions.begin() as session:
            write_down(session, waiting, self._clock.now_ms())
        self._calls.written(waiting)
        self._counts["calls_of_nobody"] += len(waiting)
        self._counts["calls_of_nobody_unkept"] = self._calls.unkept
