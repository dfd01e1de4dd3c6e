"""What one shard remembers of a resident who moved, in the database until the other shard has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from alerts.tables import ResidentHandover
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.log.port import Position

_KEPT_MS = 10 * MINUTE_MS
"""Long after both shards have a snapshot without, and with, the resident. [ms]"""
_UNTAKEN_MS = HOUR_MS


def put(session: Session, resident_id: str, *, partition: int, state: bytes, now_ms: int) -> None:
    """Leave a resident's state to another partition, in place of an older one. [ms]."""
    session.execute(delete(ResidentHandover).where(ResidentHandover.resident_id == resident_id))
    session.add(ResidentHandover(resident_id=resident_id, partition=partition, at_ms=now_ms, state=state))
    session.flush()


def put_before(session: Session, some: Collection[str], partitions: Mapping[str, int]) -> set[str]:
    """Return of whom a state was left to the partition where they are now."""
    rows = session.execute(
        select(ResidentHandover.resident_id, ResidentHandover.partition).where(ResidentHandover.resident_id.in_(some))
    )
    return {resident_id for resident_id, partition in rows if partitions[resident_id] == partition}


def waiting(session: Session, partition: int) -> Sequence[tuple[str, bytes]]:
    """Return residents and their states that nobody has taken up yet."""
    rows = select(ResidentHandover).where(
        ResidentHandover.partition == partition, ResidentHandover.taken_position.is_(None)
    )
    return [(row.resident_id, row.state) for row in session.scalars(rows.order_by(ResidentHandover.at_ms))]


def take(session: Session, resident_ids: Collection[str], position: Position) -> None:
    """Take it that states are part of an engine from a position on."""
    session.execute(
        update(ResidentHandover).where(ResidentHandover.resident_id.in_(resident_ids)).values(taken_position=position),
        execution_options={"synchronize_session": False},
    )


def taken_since(session: Session, partition: int, position: Position) -> Sequence[tuple[str, bytes]]:
    """Return residents and states that a snapshot of that position does not hold."""
    rows = select(ResidentHandover).where(
        ResidentHandover.partition == partition, ResidentHandover.taken_position >= position
    )
    return [(row.resident_id, row.state) for row in session.scalars(rows.order_by(ResidentHandover.at_ms))]


def forget_old(session: Session, partition: int, now_ms: int) -> None:
    """Delete what every snapshot holds by now, and what nobody came for. [ms]."""
    is_old = (ResidentHandover.at_ms < now_ms - _KEPT_MS) & ResidentHandover.taken_position.is_not(None)
    is_left = ResidentHandover.at_ms < now_ms - _UNTAKEN_MS
    session.execute(delete(ResidentHandover).where(ResidentHandover.partition == partition, is_old | is_left))
