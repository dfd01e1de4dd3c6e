"""Writes down what is nobody's: calls of devices without a resident, measurements of people whom none knows."""

from __future__ import annotations

import asyncio
from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.engine import Engine
from alerts.nobodys_calls_work import NobodysCallsWork
from alerts.unassigned_work import UnassignedWork
from anhu.contract.clock import Clock
from anhu.registry.payload_vault import PayloadVault


class NobodysWork:
    """Stores both, as the engine remembers them."""

    def __init__(
        self,
        engine: Engine,
        sessions: sessionmaker[Session],
        clock: Clock,
        counts: Counter[str],
        vault: PayloadVault | None = None,
    ) -> None:
        self._calls = NobodysCallsWork(engine.calls_of_nobody, sessions, clock, counts)
        self._readings = UnassignedWork(engine.unassigned_readings, sessions, counts, vault)

    async def store(self, stop: asyncio.Event) -> None:
        """Store what waits, if anything does."""
        await self._calls.store(stop)
        await self._readings.store(stop)
