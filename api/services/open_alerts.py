"""Open alerts in numbers, for whoever answers them: the order to work in, and a mark that changes with any of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.kinds import DRILLS
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.registry.tables import Resident
from api.security.roles import Viewer
from api.security.visibility import visible_alerts, visible_residents

_NO_CALL = (
    "gone",
    "comment",
    "escalated",
    "notify_failed",
    "told_again",
    "told_early",
    "nobody_before",
    "offered",
    "taken_over",
    "offer_ended",
    "called",
    "merged",
    "practice",
    "reopened",
    "family_going",
    "family_not_going",
    "family_here",
    "family_well",
    "late_word",
    *(one for one in Response if one is not Response.UNACKED),
)
"""Lines of a history that call nobody anew; every other one does, also one that a later version writes."""


class OpenAlert(NamedTuple):
    """An open alert without what was measured.

    Attributes
    ----------
    newest_line, newest_call : int
        Number of the newest line of its history; and of the newest that calls for somebody.
    """

    id: str
    kind: str
    priority: int
    response: str
    assignee: str
    resident_id: str
    resident_name: str
    started_at_ms: int
    raised_at_ms: int
    repeats: int
    device_id: str
    centre_id: str | None
    address: str
    practice: str
    newest_line: int
    newest_call: int

    @property
    def state(self) -> str:
        """What differs when anything of it does."""
        said = repr((self.newest_line, self.repeats, self.response, self.priority))
        return hashlib.blake2b(said.encode(), digest_size=6).hexdigest()

    @property
    def is_practice(self) -> bool:
        """Whether it is a drill or a test; what is marked so and calls anew is not, until somebody has looked."""
        return self.kind in DRILLS or (bool(self.practice) and not self.is_unanswered)

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody has answered yet."""
        return self.response == Response.UNACKED


def open_alerts(session: Session, viewer: Viewer) -> list[OpenAlert]:
    """Return every visible open alert: unanswered ones first, then by priority, then the oldest."""
    call = case((AlertEvent.what.not_in(_NO_CALL), AlertEvent.id), else_=0)
    columns = (
        Alert.id,
        Alert.kind,
        Alert.priority,
        Alert.response,
        Alert.assignee,
        Alert.resident_id,
        Resident.name,
        Alert.started_at_ms,
        Alert.raised_at_ms,
        Alert.repeats,
        Alert.device_id,
        Resident.centre_id,
        Resident.address,
        Alert.practice,
    )
    rows = session.execute(
        select(*columns, func.coalesce(func.max(AlertEvent.id), 0), func.coalesce(func.max(call), 0))
        .join(Resident, Resident.id == Alert.resident_id)
        .outerjoin(AlertEvent, AlertEvent.alert_id == Alert.id)
        .where(Alert.is_open, visible_alerts(viewer))
        .group_by(*columns)
    )
    return sorted((OpenAlert._make(row) for row in rows), key=_urgency)


def _urgency(alert: OpenAlert) -> tuple[bool, int, int, str]:
    return (not alert.is_unanswered, -alert.priority, alert.raised_at_ms, alert.id)


def mark_of(alerts: Sequence[OpenAlert]) -> str:
    """Return what differs when anything of the open alerts is different: two that have the same show the same."""
    said = repr([(one.id, one.newest_line, one.repeats, one.response, one.priority) for one in alerts])
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def newest_calls(alerts: Sequence[OpenAlert]) -> dict[str, int]:
    """Return priority -> number of the newest call of the unanswered ones: whatever is higher was not heard before."""
    found: dict[str, int] = {}
    for alert in alerts:
        if alert.is_unanswered:
            name = Priority(alert.priority).name.lower()
            found[name] = max(found.get(name, 0), alert.newest_call)
    return found


def watches_anybody(session: Session, viewer: Viewer) -> bool:
    """Tell whether there is anybody whose alerts would be shown to the viewer."""
    one = select(Resident.id).where(visible_residents(viewer), Resident.active).limit(1)
    return session.scalar(one) is not None
