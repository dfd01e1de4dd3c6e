"""Answering an alert: acknowledge, on the way, on scene, close with an outcome, comment, take a close back."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from alerts.episodes import responses, undoing
from alerts.episodes.lifecycle import Found, Outcome
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

    return answer_alert(deps, viewer, alert_id, "alert.acknowledge", step)


def on_the_way(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that somebody is going there."""

    def step(session: Session, now_ms: int) -> Alert:
        return responses.on_the_way(session, alert_id, actor=viewer.user_id, now_ms=now_ms, note=note)

    return answer_alert(deps, viewer, alert_id, "alert.on_the_way", step)


def on_scene(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Say that somebody is with the resident."""

    def step(session: Session, now_ms: int) -> Alert:
        return responses.on_scene(session, alert_id, actor=viewer.user_id, now_ms=now_ms, note=note)

    return answer_alert(deps, viewer, alert_id, "alert.on_scene", step)


def close(
    deps: Dependencies,
    viewer: Viewer,
    alert_id: str,
    *,
    outcome: Outcome,
    note: str = "",
    found: Found | None = None,
    family_note: str = "",
) -> AlertView:
    """End the alert with what it turned out to be; relatives who were told of it are told how it ended.

    Raises
    ------
    FieldError
        If the outcome is not a person's, or the alarm was real and nothing is said about it.
    """

    def step(session: Session, now_ms: int) -> Alert:
        require_note(outcome, note)
        said = {"note": note, "found": found or "", "family_note": family_note}
        alert = responses.close(session, alert_id, outcome, actor=viewer.user_id, now_ms=now_ms, **said)
        tell_relatives(session, alert, now_ms=now_ms)
        return alert

    return answer_alert(deps, viewer, alert_id, "alert.close", step)


def require_note(outcome: Outcome, note: str) -> None:
    """Raise `FieldError` for a real alarm of which nothing is said."""
    if outcome is Outcome.TRUE and not note.strip():
        expected = "what was found and done: a real alarm is not closed without it"
        raise FieldError("note", note, expected, zh="处置情况：真实报警不写明发现了什么、怎样处理，不能结束")


def reopen(deps: Dependencies, viewer: Viewer, alert_id: str, *, note: str = "") -> AlertView:
    """Take a close of the last minutes back; the alert is the caller's.

    Raises
    ------
    NotNowError
        If it is too late.
    """

    def step(session: Session, now_ms: int) -> Alert:
        return undoing.reopen(session, alert_id, actor=viewer.user_id, now_ms=now_ms, note=note)

    return answer_alert(deps, viewer, alert_id, "alert.reopen", step)


def mark_practice(deps: Dependencies, viewer: Viewer, alert_id: str, *, practice: str) -> AlertView:
    """Say that the alert is a test or a drill; empty: that it is none.

    Raises
    ------
    NotNowError
        If nobody has answered it.
    """

    def step(session: Session, now_ms: int) -> Alert:
        return undoing.mark_practice(session, alert_id, practice, actor=viewer.user_id, now_ms=now_ms)

    return answer_alert(deps, viewer, alert_id, "alert.practice", step)


def merge(deps: Dependencies, viewer: Viewer, alert_id: str, *, into: str, note: str = "") -> AlertView:
    """Let the alert close into another of the same resident; return the one that goes on.

    Raises
    ------
    NotNowError
        If they are not one event, or a call for help would end under something milder.
    """

    def step(session: Session, now_ms: int) -> Alert:
        visible_alert(session, viewer, into)
        return undoing.merge(session, alert_id, into, actor=viewer.user_id, now_ms=now_ms, note=note)

    return answer_alert(deps, viewer, alert_id, "alert.merge", step)


def comment(deps: Dependencies, viewer: Viewer, alert_id: str, *, text: str) -> AlertView:
    """Add a remark to the history, also of a closed alert."""

    def step(session: Session, now_ms: int) -> Alert:
        return responses.comment(session, alert_id, text, actor=viewer.user_id, now_ms=now_ms)

    return answer_alert(deps, viewer, alert_id, "alert.comment", step)


def answer_alert(
    deps: Dependencies, viewer: Viewer, alert_id: str, action: str, step: Callable[[Session, int], Alert]
) -> AlertView:
    """Take one step of a visible alert, on record; return the alert that it leads to."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        visible_alert(session, viewer, alert_id)
        alert = step(session, now_ms)
        record(session, viewer, action, now_ms=now_ms, resident_id=alert.resident_id, object_id=alert.id)
        members = reporting_of(session, [alert.id]).get(alert.id, ())
        return alert_view(alert, session.get_one(Resident, alert.resident_id), members)
