"""Who is well again: one device of several, the last of them, or one that is no longer there to say so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.following_up import plan_following_up
from alerts.episodes.history import write_line
from alerts.episodes.lifecycle import Outcome, Response
from alerts.episodes.members import Members, members_of, recover, reporting
from alerts.episodes.paging import plan_step, stop_paging
from alerts.episodes.policies.book import begin_policy
from alerts.finding import Condition
from alerts.kinds import KINDS
from alerts.tables import Alert
from anhu.contract.priority import Priority


def well_again(session: Session, alert: Alert, one: ResidentFinding, now_ms: int) -> str:
    """Take it that a device is well; the episode is over when it was the last. [ms].

    Returns
    -------
    str
        ``gone``, ``recovered`` (others still report it), or ``ignored`` (this one did not).
    """
    members = members_of(session, alert)
    if not recover(members, one):
        return "ignored"
    if reporting(members) or alert.unlisted:
        write_line(session, alert, "recovered", one, now_ms)
        session.flush()
        return "recovered"
    alert.condition = Condition.GONE
    alert.last_at_ms = max(alert.last_at_ms, one.finding.decided_at_ms)
    write_line(session, alert, "gone", one, now_ms)
    if latches(alert):
        _lower(session, alert, members, now_ms)
    elif alert.response == Response.ACKNOWLEDGED:
        stop_paging(session, alert.id)
    elif alert.response == Response.UNACKED:
        stop_paging(session, alert.id)
        if alert.priority < Priority.HIGH:
            resolve(alert, now_ms)
    session.flush()
    return "gone"


def latches(alert: Alert) -> bool:
    """Tell whether only a person ends it."""
    kind = KINDS.get(alert.kind)
    return kind is not None and kind.latches


def resolve(alert: Alert, now_ms: int) -> None:
    """End an alert that is over and that nobody has answered. [ms]."""
    alert.response = Response.CLOSED
    alert.outcome = Outcome.RESOLVED
    alert.closed_at_ms = now_ms
    alert.is_open = False


def _lower(session: Session, alert: Alert, members: Members, now_ms: int) -> None:
    """Only a person ends it, but the wearer's own "I'm OK" makes it less urgent: as urgent as the worst was left."""
    priority = max((row.priority for row in members.values()), default=alert.priority)
    if priority >= alert.priority:
        return
    alert.priority = priority
    stop_paging(session, alert.id)
    begin_policy(session, alert, now_ms)
    if alert.response == Response.UNACKED:
        plan_step(session, alert, 1, since_ms=now_ms)
    else:
        plan_following_up(session, alert, now_ms)
