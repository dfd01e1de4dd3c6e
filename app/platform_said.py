"""What the processes said of themselves, as the pages want it: looked up once a second, however many ask."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SECOND_MS, Clock
from api.dependencies import Numbers
from api.schemas.platform import Component
from app.settings import Settings
from app.status import Status
from app.status_board import said_by_all


class PlatformSaid:
    """Knows what everybody last said."""

    def __init__(self, settings: Settings, clock: Clock, sessions: sessionmaker[Session]) -> None:
        self._settings, self._clock, self._sessions = settings, clock, sessions
        self._lock = threading.Lock()
        self._said: Sequence[Status] = ()
        self._read_ms: int | None = None

    def components(self) -> Sequence[Component]:
        """Return everybody's last words."""
        return [
            Component(name=s.process, instance=s.instance, at_ms=s.at_ms, counters=dict(s.counters))
            for s in self._look()
        ]

    def measured(self) -> Sequence[Numbers]:
        """Return what those of this machine measured; the others are asked by Prometheus itself."""
        return [Numbers(s.instance, s.families) for s in self._look() if s.families]

    def _look(self) -> Sequence[Status]:
        now_ms = self._clock.now_ms()
        with self._lock:
            if self._read_ms is None or not 0 <= now_ms - self._read_ms < SECOND_MS:
                self._said = said_by_all(self._settings, self._clock, self._sessions)
                self._read_ms = now_ms
            return self._said
