"""Answering an alert: acknowledge, on the way, on scene, close with an outcome, comment."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from alerts.episodes import responses
from alerts.episodes.lifecycle import Outcome
from alerts.episodes.members import reporting_of
from alerts.episodes.relatives import tell_relatives
from alerts.tables import Alert
from anhu.contract.errors import FieldError
from anhu.registry.tables import Resident
from api.dependencies import Dependencies
from api.schemas.alerts import AlertView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alert
from api.services.alerts import alert_view


def acknowledge(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that the viewer has seen it and deals with it: paging stops.

    Raises
    ------
    IllegalStepError
        If somebody has answered it already; so do the next three.
    """

    def step(session: Session, now_ms: int) -> Alert:
        return responses.acknowledge(session, alert_id, actor=viewer.user_id, now_ms=now_ms, note=note)

    return _answer(deps, viewer, alert_id, "alert.acknowledge", step)


def on_the_way(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that somebody is going there."""

    def step(session: Session, now_ms: int) -> Alert:
        return responses.on_the_way(session, alert_id, actor=viewer.user_id, now_ms=now_ms, note=note)

    return _answer(deps, viewer, alert_id, "alert.on_the_way", step)


def on_scene(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that somebody is with the resident."""

    def step(session: Session, now_ms: int) -> Alert:
        return responses.on_scene(session, alert_id, actor=viewer.user_id, now_ms=now_ms, note=note)

    return _answer(deps, viewer, alert_id, "alert.on_scene", step)


def close(
    deps: Dependencies, viewer: Viewer, alert_id: str, *, outcome: Outcome, note: str = "", family_note: str = ""
) -> AlertView:
    """End the alert with what it turned out to be; relatives who were told of it are told how it ended.

    Raises
    ------
    FieldError
        If the outcome is not a person's, or the alarm was real and nothing is said about it.
    """

    def step(session: Session, now_ms: int) -> Alert:
        if outcome is Outcome.TRUE and not note.strip():
            raise FieldError("note", note, "what was found and done: a real alarm is not closed without it")
        said = {"note": note, "family_note": family_note}
        alert = responses.close(session, alert_id, outcome, actor=viewer.user_id, now_ms=now_ms, **said)
        tell_relatives(session, alert, now_ms=now_ms)
        return alert

    return _answer(deps, viewer, alert_id, "alert.close", step)


def comment(deps: Dependencies, viewer: Viewer, alert_id: str, *, text: str) -> AlertView:
    """Add a remark to the history, also of a closed alert."""

    def step(session: Session, now_ms: int) -> Alert:
        return responses.comment(session, alert_id, text, actor=viewer.user_id, now_ms=now_ms)

    return _answer(deps, viewer, alert_id, "alert.comment", step)


def _answer(
    deps: Dependencies, viewer: Viewer, alert_id: str, action: str, step: Callable[[Session, int], Alert]
) -> AlertView:
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        visible_alert(session, viewer, alert_id)
        alert = step(session, now_ms)
        record(session, viewer, action, now_ms=now_ms, resident_id=alert.resident_id, object_id=alert.id)
        members = reporting_of(session, [alert.id]).get(alert.id, ())
        return alert_view(alert, session.get_one(Resident, alert.resident_id), members)
