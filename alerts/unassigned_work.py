"""Writes down what was measured with shared devices by people whom they do not know, as the engine remembers it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.engine.unassigned_readings import UnassignedReadings, is_abnormal
from anhu.contract.clock import DAY_MS
from anhu.contract.record import Reading, encode_record
from anhu.registry.quarantine_tables import UnassignedReading

MOST_OF_DEVICE = 500
"""Waiting measurements of one device; the oldest that are normal go first."""
KEPT_MS = 30 * DAY_MS
"""How long one is kept after somebody settled it. [ms]"""
_AT_ONCE = 200


class UnassignedWork:
    """Stores each once; one that was read once more after a restart is the same."""

    def __init__(self, readings: UnassignedReadings, sessions: sessionmaker[Session], counts: Counter[str]) -> None:
        self._readings = readings
        self._sessions = sessions
        self._counts = counts

    async def store(self, stop: asyncio.Event) -> None:
        """Store what waits, if anything does."""
        while self._readings and not stop.is_set():
            await with_database(self._store, stop, self._counts)

    def _store(self) -> None:
        batch = self._readings.waiting()[:_AT_ONCE]
        with self._sessions.begin() as session:
            gone = write_down(session, batch)
        self._readings.written(len(batch))
        self._counts["unassigned_readings"] += len(batch)
        self._counts["unassigned_let_go"] += gone
        self._counts["unassigned_unkept"] = self._readings.unkept


def write_down(session: Session, batch: Sequence[Reading]) -> int:
    """Write readings into the queue; return how many old ones had to go for them."""
    rows = {row.id: row for row in (_row(one) for one in batch)}
    known = session.scalars(select(UnassignedReading.id).where(UnassignedReading.id.in_(rows)))
    for reading_id in known.all():
        del rows[reading_id]
    session.add_all(rows.values())
    session.flush()
    newest_ms = max((one.received_at_ms for one in batch), default=0)
    old = UnassignedReading.settled_ms < newest_ms - KEPT_MS
    session.execute(delete(UnassignedReading).where(old, UnassignedReading.replayed_ms.is_not(None)))
    return sum(_make_room(session, device_id) for device_id in {row.device_id for row in rows.values()})


def _row(reading: Reading) -> UnassignedReading:
    record = encode_record(reading)
    return UnassignedReading(
        id=hashlib.sha256(record).hexdigest()[:40],
        device_id=reading.device_id,
        slot=reading.observations[0].source[:100],
        record=record,
        received_at_ms=reading.received_at_ms,
        abnormal=any(is_abnormal(one) for one in reading.observations),
    )


def _make_room(session: Session, device_id: str) -> int:
    waits = (UnassignedReading.device_id == device_id, UnassignedReading.settled_ms.is_(None))
    over = (session.scalar(select(func.count()).select_from(UnassignedReading).where(*waits)) or 0) - MOST_OF_DEVICE
    if over <= 0:
        return 0
    order = (UnassignedReading.abnormal, UnassignedReading.received_at_ms)
    oldest = session.scalars(select(UnassignedReading.id).where(*waits).order_by(*order).limit(over)).all()
    session.execute(delete(UnassignedReading).where(UnassignedReading.id.in_(oldest)))
    return len(oldest)
