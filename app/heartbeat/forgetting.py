"""Yesterday's heartbeats are of no use: they end, and leave the database again."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from alerts.episodes import responses
from alerts.episodes.lifecycle import IllegalStepError, Outcome
from alerts.subject import subject_of
from alerts.tables import Alert
from anhu.contract.clock import MINUTE_MS
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import about
from anhu.registry.heartbeat import HEARTBEAT
from anhu.registry.tables import Base

_KEPT_MS = 10 * MINUTE_MS
"""A message that is on its way still finds its alert. [ms]"""
_BATCH = 50
_WHO = "anhu heartbeat"


def end_and_forget(session: Session, now_ms: int, who: str = HEARTBEAT) -> None:
    """Close what is open of who calls, and delete what closed some time ago. [ms]."""
    of_heart = Alert.resident_id == who
    for alert_id in session.scalars(select(Alert.id).where(of_heart, Alert.is_open)).all():
        with suppress(IllegalStepError):
            responses.close(session, alert_id, Outcome.TEST, actor=_WHO, now_ms=now_ms)
    old = select(Alert.id).where(of_heart, Alert.is_open.is_(False), Alert.closed_at_ms < now_ms - _KEPT_MS)
    for alert_id in session.scalars(old.limit(_BATCH)).all():
        for outbox_id in session.scalars(select(Outbox.id).where(about(subject_of(alert_id)))).all():
            _delete(session, Outbox.__table__, outbox_id)  # type: ignore[arg-type] # a mapped class has a table
        _delete(session, Alert.__table__, alert_id)  # type: ignore[arg-type] # the same


def _delete(session: Session, table: Table, row_id: str | int) -> None:
    """Delete a row, and before it what refers to it, in whatever table that stands."""
    for other in reversed(Base.metadata.sorted_tables):
        for column in other.columns:
            if any(key.column is table.c.id for key in column.foreign_keys):
                session.execute(delete(other).where(column == row_id))
    session.execute(delete(table).where(table.c.id == row_id))
