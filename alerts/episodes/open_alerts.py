"""How many alerts each centre has open: the numbers on the wall screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.registry.tables import Centre, Resident

_SHOWN = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


class OpenAlerts(NamedTuple):
    """Open alerts of one centre and priority; a row for every pair, zeros too, so that a screen falls back to 0."""

    centre_id: str
    priority: str
    open: int
    unacknowledged: int
    oldest_s: float


def open_alerts(session: Session, *, now_ms: int) -> Sequence[OpenAlerts]:
    """Return the present numbers. [ms]."""
    unacknowledged = func.sum(case((Alert.response == Response.UNACKED, 1), else_=0))
    counted = (
        select(Resident.centre_id, Alert.priority, func.count(), unacknowledged, func.min(Alert.raised_at_ms))
        .join(Resident, Resident.id == Alert.resident_id)
        .where(Alert.is_open, Resident.centre_id.is_not(None))
        .group_by(Resident.centre_id, Alert.priority)
    )
    found = {(centre, priority): numbers for centre, priority, *numbers in session.execute(counted)}
    rows: list[OpenAlerts] = []
    for centre_id in session.scalars(select(Centre.id).order_by(Centre.id)):
        for priority in _SHOWN:
            number, waiting, oldest_ms = found.get((centre_id, priority), (0, 0, now_ms))
            oldest_s = (now_ms - oldest_ms) / 1_000
            rows.append(OpenAlerts(centre_id, priority.name.lower(), number, int(waiting), oldest_s))
    return rows
