"""Nobody is told, or nobody answers to the end: whoever answers for the centre is, of the alarm itself.

At high priority, whatever the alert's own, and over every channel, whatever the contact's least priority: the
supervisors of the centre, else its leads, else the supervisors of its organisation, else the administrators. It is
no second alarm on the desk beside the first: who is told answers the one that nobody has answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.messages import page_ways
from alerts.episodes.policies.ways import ways_of_users, who_is_who
from alerts.episodes.policies.who import Way, supervisors
from alerts.kinds import DRILLS
from alerts.subject import subject_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import about
from anhu.registry.roles import Role
from anhu.registry.tables import Resident, User

UNTOLD = "untold"
"""How the reasons of these messages begin."""


def tell_supervisors(session: Session, alert: Alert, now_ms: int) -> int:
    """Tell those who answer for the centre, once each time the alert comes into such a state; return how many. [ms]."""
    if alert.kind in DRILLS:
        return 0
    since_ms = alert.untold_since_ms or now_ms
    session.flush()
    this_moment = (about(subject_of(alert.id)), Outbox.created_at_ms == now_ms)
    just_told = set(session.scalars(select(Outbox.contact_id).where(*this_moment)))  # by a step: once is enough
    ways = [way for way in supervisors_of(session, alert, now_ms) if way.contact_id not in just_told]
    reason = f"{UNTOLD}-{since_ms}"
    written = page_ways(session, alert, ways, number=0, reason=reason, now_ms=now_ms, priority=Priority.HIGH)
    if written:
        data = {"messages": written}
        session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="supervisor_told", data=data))
        session.flush()
    return written


def supervisors_of(session: Session, alert: Alert, now_ms: int) -> Sequence[Way]:
    """Return the ways to whoever answers for an alert's centre, in the end the administrators. [ms]."""
    resident = session.get_one(Resident, alert.resident_id)
    found = supervisors(who_is_who(session, resident, Priority.HIGH, now_ms))
    return found or ways_of_users(session, select(User.id).where(User.role == Role.ADMIN, User.enabled))
