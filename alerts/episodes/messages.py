"""Messages of an alert: one outbox row for each contact, and who around the resident can be written to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from alerts.episodes.policies.ways import who_is_who
from alerts.episodes.policies.who import Way, WhoIsWho
from alerts.subject import subject_of
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.contract.tracing import trace_of
from anhu.outbox.writing import Draft, put
from anhu.registry.tables import Resident

RAISED = "raised"
"""The reason of an alert's first messages."""
ESCALATED, EARLY, AGAIN = "escalated", "early", "again"
"""Of the policy's later ones; of those before their time, for nobody else could be told; of those to a new contact."""


def page_ways(
    session: Session,
    alert: Alert,
    ways: Iterable[Way],
    *,
    number: int,
    reason: str,
    now_ms: int,
    prompt_emergency: bool = False,
    priority: Priority | None = None,
    received_ms: int = 0,
) -> int:
    """Write one outbox row per contact; return how many are new. [ms].

    `received_ms`: when the message came of which these are the first word; 0 for any other. [ms]
    """
    data: dict[str, object] = {"step": number, "prompt_emergency": prompt_emergency}
    if received_ms:
        data |= {"received_ms": received_ms, "trace": trace_of(alert.device_id, received_ms)}
    drafts = [
        Draft(
            key=f"{alert.id}:{reason}.{alert.priority}:{number}:{way.contact_id}",
            subject=subject_of(alert.id),
            contact_id=way.contact_id,
            reason=reason,
            priority=Priority(alert.priority) if priority is None else priority,
            resident_id=alert.resident_id,
            due_at_ms=None,
            data=data,
        )
        for way in ways
    ]
    return put(session, drafts, now_ms=now_ms, all_new=reason == RAISED)  # an alert is raised once


def who_around(session: Session, alert: Alert, now_ms: int) -> WhoIsWho:
    """Return who can be reached of an alert, as it is now. [ms]."""
    resident = session.get_one(Resident, alert.resident_id)
    return who_is_who(session, resident, Priority(alert.priority), now_ms)
