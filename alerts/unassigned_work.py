"""Writes down what is nobody's and somebody has to say whose it is, as the engine remembers it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.engine.unassigned_readings import UnassignedReadings, is_abnormal
from alerts.episodes.nobodys_calls import is_ignored
from anhu.contract.clock import DAY_MS
from anhu.contract.meaning import is_call
from anhu.contract.observation import Event
from anhu.contract.record import Reading, encode_record
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.quarantine_tables import UnassignedReading

MOST_OF_DEVICE = 500
"""Waiting measurements of one device; of the sensor or user that has most, the oldest go first, calls for help last."""
MOST = 20_000
"""Of all together."""
KEPT_MS = 30 * DAY_MS
"""How long one is kept after somebody settled it. [ms]"""
_AT_ONCE = 200


class UnassignedWork:
    """Stores each once; one that was read once more after a restart is the same.

    Parameters
    ----------
    vault : PayloadVault, optional
        Seals them; without the installation's key they stand there as they are.
    """

    def __init__(
        self,
        readings: UnassignedReadings,
        sessions: sessionmaker[Session],
        counts: Counter[str],
        vault: PayloadVault | None = None,
    ) -> None:
        self._readings = readings
        self._sessions = sessions
        self._counts = counts
        self._vault = vault

    async def store(self, stop: asyncio.Event) -> None:
        """Store what waits, if anything does."""
        while self._readings and not stop.is_set():
            await with_database(self._store, stop, self._counts)

    def _store(self) -> None:
        batch = self._readings.waiting()[:_AT_ONCE]
        with self._sessions.begin() as session:
            ours = [one for one in batch if _is_ours(session, one)]
            gone = write_down(session, ours, self._vault)
        self._readings.written(len(batch))
        self._counts["unassigned_readings"] += len(batch)
        self._counts["unassigned_ignored"] += len(batch) - len(ours)
        self._counts["unassigned_let_go"] += gone
        self._counts["unassigned_unkept"] = self._readings.unkept


def write_down(session: Session, batch: Sequence[Reading], vault: PayloadVault | None = None) -> int:
    """Write readings into the queue; return how many old ones had to go for them."""
    rows = {row.id: row for row in (_row(one, vault) for one in batch)}
    known = session.scalars(select(UnassignedReading.id).where(UnassignedReading.id.in_(rows)))
    for reading_id in known.all():
        del rows[reading_id]
    session.add_all(rows.values())
    session.flush()
    newest_ms = max((one.received_at_ms for one in batch), default=0)
    old = UnassignedReading.settled_ms < newest_ms - KEPT_MS
    session.execute(delete(UnassignedReading).where(old, UnassignedReading.replayed_ms.is_not(None)))
    gone = sum(_make_room(session, MOST_OF_DEVICE, device_id) for device_id in {row.device_id for row in rows.values()})
    return gone + (_make_room(session, MOST) if rows else 0)


def _row(reading: Reading, vault: PayloadVault | None) -> UnassignedReading:
    record, first = encode_record(reading), reading.observations[0]
    name = (vault.name(record) if vault is not None else hashlib.sha256(record).hexdigest())[:40]
    calls = _calls(reading)
    return UnassignedReading(
        id=name,
        device_id=reading.device_id,
        slot=first.source[:100],
        record=record if vault is None else vault.seal(record, name),
        sealed=vault is not None,
        received_at_ms=reading.received_at_ms,
        abnormal=calls or any(is_abnormal(one) for one in reading.observations),
        is_call=calls,
        ignored=False,
    )


def _is_ours(session: Session, reading: Reading) -> bool:
    """Tell whether somebody has to look at it: it is a call, or nobody said that the sensor is none of ours."""
    return _calls(reading) or not is_ignored(session, reading.device_id, reading.observations[0].source)


def _calls(reading: Reading) -> bool:
    return any(isinstance(one, Event) and one.state == "on" and is_call(one) for one in reading.observations)


def _make_room(session: Session, most: int, device_id: str = "") -> int:
    """Let readings go that are too many, of one device or of all: of whoever has most, the oldest, calls last."""
    waits = [UnassignedReading.settled_ms.is_(None), *([UnassignedReading.device_id == device_id] if device_id else [])]
    times = func.count().label("times")
    whose = (UnassignedReading.device_id, UnassignedReading.slot)
    counted = select(*whose, times).where(*waits).group_by(*whose).order_by(times.desc(), *whose)
    found = session.execute(counted).all()
    over = gone = sum(int(row.times) for row in found) - most
    for row in found:
        if over <= 0:
            break
        mine = (UnassignedReading.device_id == row.device_id, UnassignedReading.slot == row.slot)
        order = (UnassignedReading.is_call, UnassignedReading.abnormal, UnassignedReading.received_at_ms)
        oldest = session.scalars(select(UnassignedReading.id).where(*waits, *mine).order_by(*order).limit(over)).all()
        session.execute(delete(UnassignedReading).where(UnassignedReading.id.in_(oldest)))
        over -= len(oldest)
    return max(gone, 0)
