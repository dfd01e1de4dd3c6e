"""Answering an alert: acknowledge, on the way, on scene, close with an outcome, comment."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.model import Alert, AlertEvent, Escalation, Resident
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.schemas.alerts import AlertView, Outcome
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alert
from api.services.alerts import alert_view

_STEPS = ("unacked", "acknowledged", "on_the_way", "on_scene", "closed")


def acknowledge(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that the viewer has seen it and deals with it: paging stops. Raises `ConflictError` when already answered."""
    return _step(deps, viewer, alert_id, "acknowledged", note)


def on_the_way(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that somebody is going there."""
    return _step(deps, viewer, alert_id, "on_the_way", note)


def on_scene(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that somebody is with the resident."""
    return _step(deps, viewer, alert_id, "on_scene", note)


def close(deps: Dependencies, viewer: Viewer, alert_id: str, *, outcome: Outcome, note: str = "") -> AlertView:
    """End the alert with what it turned out to be."""
    return _step(deps, viewer, alert_id, "closed", note, outcome=outcome.value)


def comment(deps: Dependencies, viewer: Viewer, alert_id: str, *, text: str) -> AlertView:
    """Add a remark to the history, also of a closed alert."""
    require(viewer, Permission.RESPOND)
    with deps.sessions.begin() as session:
        alert = visible_alert(session, viewer, alert_id)
        return _say(session, deps, viewer, alert, "comment", text)


def _step(
    deps: Dependencies, viewer: Viewer, alert_id: str, response: str, note: str, *, outcome: str = ""
) -> AlertView:
    require(viewer, Permission.RESPOND)
    with deps.sessions.begin() as session:
        alert = visible_alert(session, viewer, alert_id)
        if _STEPS.index(response) <= _STEPS.index(alert.response):
            raise ConflictError(f"alert {alert_id!r} is {alert.response} already")
        session.scalar(select(Alert).where(Alert.id == alert_id).with_for_update())
        now_ms = deps.clock.now_ms()
        alert.response = response
        alert.assignee = viewer.user_id
        alert.acknowledged_at_ms = alert.acknowledged_at_ms or now_ms
        if response == "closed":
            alert.closed_at_ms, alert.outcome, alert.is_open = now_ms, outcome, False
        session.execute(delete(Escalation).where(Escalation.alert_id == alert.id))
        return _say(session, deps, viewer, alert, response, note)


def _say(session: Session, deps: Dependencies, viewer: Viewer, alert: Alert, what: str, text: str) -> AlertView:
    now_ms = deps.clock.now_ms()
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=what, actor=viewer.user_id, text=text, data={}))
    record(session, viewer, f"alert.{what}", now_ms=now_ms, resident_id=alert.resident_id, object_id=alert.id)
    return alert_view(alert, session.get_one(Resident, alert.resident_id))
