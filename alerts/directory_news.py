"""Whether anything is new for the engines of one process: asked once a second for all of them together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.shadow.choices import choices
from alerts.tables import ResidentHandover, ResidentLimit
from anhu.contract.clock import Clock
from anhu.registry.database import reading
from anhu.registry.versions import directory_version

_FRESH_S = 0.9


class DirectoryNews:
    """Asks the database for all shards of a process what each of them would ask for itself.

    Parameters
    ----------
    sessions, clock : sessionmaker, Clock
        Of the platform's database; the present.
    steady_s : callable
        A time that only runs forward. [s]
    """

    def __init__(
        self, sessions: sessionmaker[Session], clock: Clock, *, steady_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions = reading(sessions)
        self._clock = clock
        self._steady_s = steady_s
        self._lock = threading.Lock()
        self._asked_s = -_FRESH_S
        self._state: Hashable = None
        self.asked = 0
        """How often the database was asked."""

    def state(self) -> Hashable:
        """Return what changes whenever there is news: of the directory, of limits that end, of choices, of moves."""
        with self._lock:
            if self._steady_s() - self._asked_s >= _FRESH_S:
                self._state = self._ask()
                self._asked_s = self._steady_s()
            return self._state

    def _ask(self) -> Hashable:
        self.asked += 1
        ended = select(func.count()).where(ResidentLimit.until_ms <= self._clock.now_ms())
        waiting = select(func.count(), func.max(ResidentHandover.at_ms)).where(
            ResidentHandover.taken_position.is_(None)
        )
        with self._sessions() as session:
            chosen = tuple(sorted((name, one.revision) for name, one in choices(session).items()))
            handed = tuple(session.execute(waiting).one())
            return directory_version(session), session.scalar(ended), chosen, handed
