"""What can be taken back or put right: a close a moment ago, two alerts that are one event, what is only practice."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import HUMAN_OUTCOMES, NotNowError, Outcome, Practice, Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.paging import stop_paging
from alerts.episodes.relatives import tell_reopened
from alerts.kinds import KINDS
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority
from anhu.registry.rows import existing

REOPEN_WITHIN_MS = 10 * MINUTE_MS
"""How long a close can be taken back: later it is history, and somebody may have gone home. [ms]"""
_BY_PEOPLE = HUMAN_OUTCOMES | {Outcome.MERGED}


def is_call_for_help(kind: str, priority: int) -> bool:
    """Tell whether an alert stands for somebody who may lie on a floor: it is answered alone, by a person.

    A kind that nobody knows is one.
    """
    sheet = KINDS.get(kind)
    return sheet is None or sheet.latches or priority >= Priority.HIGH


def may_reopen(alert: Alert, now_ms: int) -> bool:
    """Tell whether a close by a person can still be taken back. [ms]."""
    ended_ms = alert.closed_at_ms or 0
    return not alert.is_open and alert.outcome in _BY_PEOPLE and now_ms - ended_ms <= REOPEN_WITHIN_MS


def reopen(session: Session, alert_id: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Take a close back; whoever does so has it, at the step where it can be worked on. [ms].

    Relatives who were told that it is over are told that it is not.

    Raises
    ------
    NotNowError
        If it is too late, nobody closed it, or the same is open again already.
    """
    alert = existing(session, Alert, alert_id, lock=True)
    if not may_reopen(alert, now_ms):
        minutes = REOPEN_WITHIN_MS // MINUTE_MS
        raise NotNowError(f"only what a person closed within the last {minutes} minutes can be reopened")
    data = {"outcome": alert.outcome, "found": alert.found, "merged_into": alert.merged_into}
    try:
        with session.begin_nested():
            alert.is_open = True
            alert.response, alert.assignee = Response.ACKNOWLEDGED, actor
            alert.outcome = alert.found = alert.merged_into = ""
            alert.closed_at_ms = None
    except IntegrityError:
        raise NotNowError("it was raised anew meanwhile: work on that one") from None
    merged = update(Alert).where(Alert.merged_into == alert.id)
    session.execute(merged.values(outcome=Outcome.MERGED, found=""))
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="reopened", actor=actor, text=note, data=data))
    session.flush()
    tell_reopened(session, alert, now_ms=now_ms)
    return alert


def merge(session: Session, alert_id: str, into_id: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Let an alert close into another of the same resident; its history stays. Return the one that goes on. [ms].

    Raises
    ------
    NotNowError
        If they are not two open alerts of one resident, or a call for help would end under something milder.
    """
    found = {row.id: row for row in lock_alerts(session, Alert.id.in_((alert_id, into_id)))}
    alert, into = (found.get(one) or existing(session, Alert, one) for one in (alert_id, into_id))
    _check_mergeable(alert, into)
    stop_paging(session, alert.id)
    alert.response, alert.outcome, alert.merged_into = Response.CLOSED, Outcome.MERGED, into.id
    alert.is_open, alert.closed_at_ms = False, now_ms
    alert.offered_to, alert.offered_at_ms = "", None
    line = {"at_ms": now_ms, "what": "merged", "actor": actor, "text": note}
    session.add(AlertEvent(alert_id=alert.id, data={"into": into.id, "kind": into.kind}, **line))
    session.add(AlertEvent(alert_id=into.id, data={"from": alert.id, "kind": alert.kind}, **line))
    session.flush()
    return into


def _check_mergeable(alert: Alert, into: Alert) -> None:
    if alert.id == into.id or alert.resident_id != into.resident_id:
        raise NotNowError("only two alerts of one resident can be one")
    if not (alert.is_open and into.is_open):
        raise NotNowError("both alerts must be open")
    milder = into.priority < alert.priority
    if milder or (is_call_for_help(alert.kind, alert.priority) and not is_call_for_help(into.kind, into.priority)):
        raise NotNowError("a call for help, or what is more urgent, does not end under something milder")


def mark_practice(session: Session, alert_id: str, what: str, *, actor: str, now_ms: int) -> Alert:
    """Say that an alert is a test or a drill, or is not (empty); only of one that somebody has answered. [ms].

    Raises
    ------
    NotNowError
        If nobody has answered it: what is not looked at may be real. Or if it is over.
    """
    alert = existing(session, Alert, alert_id, lock=True)
    if not alert.is_open or alert.response == Response.UNACKED:
        raise NotNowError("only an open alert that somebody answers can be marked as a test or a drill")
    alert.practice = Practice(what) if what else ""
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="practice", actor=actor, data={"practice": what}))
    session.flush()
    return alert
