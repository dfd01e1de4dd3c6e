"""What people do about an alert. Answering ends all paging of it, in the same transaction.

Each function returns the alert after the step, raises `MissingRowError` for an unknown alert and
`alerts.episodes.lifecycle.IllegalStepError` for a step that its present response does not allow.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import HUMAN_OUTCOMES, Outcome, Response, check_step
from alerts.episodes.paging import stop_paging
from alerts.tables import Alert, AlertEvent
from anhu.contract.errors import FieldError
from anhu.registry.rows import existing


def acknowledge(session: Session, alert_id: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Take an alert over: "I have seen it and deal with it"."""
    return _answer(session, alert_id, Response.ACKNOWLEDGED, actor=actor, now_ms=now_ms, note=note)


def on_the_way(session: Session, alert_id: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Say that somebody has left for the resident."""
    return _answer(session, alert_id, Response.ON_THE_WAY, actor=actor, now_ms=now_ms, note=note)


def on_scene(session: Session, alert_id: str, *, actor: str, now_ms: int, note: str = "") -> Alert:
    """Say that somebody is with the resident."""
    return _answer(session, alert_id, Response.ON_SCENE, actor=actor, now_ms=now_ms, note=note)


def close(
    session: Session, alert_id: str, outcome: str, *, actor: str, now_ms: int, note: str = "", family_note: str = ""
) -> Alert:
    """End an alert with its outcome: ``true``, ``false``, ``test``, ``drill``, ``device_fault``.

    Parameters
    ----------
    family_note : str
        What relatives are told of it, beside the outcome; the note is the desk's own.

    Raises
    ------
    FieldError
        If the outcome is not one of these.
    """
    if outcome not in HUMAN_OUTCOMES:
        raise FieldError("outcome", outcome, "one of " + ", ".join(sorted(HUMAN_OUTCOMES)))
    said = {"outcome": str(outcome)} | ({"family_note": family_note} if family_note else {})
    alert = _answer(session, alert_id, Response.CLOSED, actor=actor, now_ms=now_ms, note=note, **said)
    alert.closed_at_ms = now_ms
    alert.outcome = Outcome(outcome)
    alert.is_open = False
    session.flush()
    return alert


def comment(session: Session, alert_id: str, text: str, *, actor: str, now_ms: int) -> Alert:
    """Add a remark to an alert, open or closed; it answers nothing."""
    alert = existing(session, Alert, alert_id)
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="comment", actor=actor, text=text, data={}))
    session.flush()
    return alert


def _answer(
    session: Session, alert_id: str, wanted: Response, *, actor: str, now_ms: int, note: str, **data: str
) -> Alert:
    alert = existing(session, Alert, alert_id, lock=True)
    check_step(Response(alert.response), wanted, alert.assignee)
    alert.response = wanted
    alert.assignee = actor
    if alert.acknowledged_at_ms is None:
        alert.acknowledged_at_ms = now_ms
    stop_paging(session, alert.id)
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=wanted, actor=actor, text=note, data=dict(data)))
    session.flush()
    return alert
