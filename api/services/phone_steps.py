"""Answers that a phone may send late, or twice: what no longer fits is kept as what was said, and told back.

A desk's answer either fits or is refused (409), and the person sees it at once. A phone's answer may have waited for a
line: the alarm went on meanwhile. It is tried; when it does not fit any more it stands in the history with its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes import responses
from alerts.episodes.lifecycle import IllegalStepError
from alerts.episodes.locking import lock_alerts
from alerts.episodes.members import reporting_of
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.registry.tables import Resident, User
from api.dependencies import Dependencies
from api.schemas.care import NewStep, PhoneStep, StepView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alert
from api.services.alerts import alert_view

_STEPS: Mapping[PhoneStep, Callable[..., Alert]] = {
    PhoneStep.ACKNOWLEDGE: responses.acknowledge,
    PhoneStep.ON_THE_WAY: responses.on_the_way,
    PhoneStep.ON_SCENE: responses.on_scene,
}
LATE_WORD = "late_word"


def take_step(deps: Dependencies, viewer: Viewer, alert_id: str, given: NewStep) -> StepView:
    """Answer an alarm, once for a key."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        visible_alert(session, viewer, alert_id)
        alert = next(iter(lock_alerts(session, Alert.id == alert_id)))
        before = _said_before(session, viewer, alert_id, given.key)
        if before is not None:
            return _view(session, alert, str(before.data.get("refused", "")), str(before.data.get("refused_by", "")))
        refused = _try(session, viewer, alert, given, now_ms)
        detail = {"step": given.step, "refused": refused.present if refused else ""}
        record(
            session,
            viewer,
            "alert.phone_step",
            now_ms=now_ms,
            resident_id=alert.resident_id,
            object_id=alert.id,
            detail=detail,
        )
        return _view(session, alert, refused.present if refused else "", refused.assignee if refused else "")


def _try(session: Session, viewer: Viewer, alert: Alert, given: NewStep, now_ms: int) -> IllegalStepError | None:
    """Take the step, or write down that it came too late and return why."""
    said_at_ms = now_ms - given.said_ago_s * SECOND_MS
    data: dict[str, str | int] = {"key": given.key}
    if now_ms - said_at_ms > MINUTE_MS:
        data["said_at_ms"] = said_at_ms
    refused = None
    if given.step is PhoneStep.COMMENT:
        responses.comment(session, alert.id, given.note, actor=viewer.user_id, now_ms=now_ms)
    else:
        try:
            _STEPS[given.step](session, alert.id, actor=viewer.user_id, now_ms=now_ms, note=given.note)
        except IllegalStepError as error:
            refused = error
            data |= {"step": given.step, "refused": error.present, "refused_by": error.assignee}
            session.add(
                AlertEvent(
                    alert_id=alert.id, at_ms=now_ms, what=LATE_WORD, actor=viewer.user_id, text=given.note, data=data
                )
            )
    session.flush()
    newest = select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.actor == viewer.user_id)
    line = session.scalars(newest.order_by(AlertEvent.id.desc()).limit(1)).one()
    line.data = {**line.data, **data}
    return refused


def _said_before(session: Session, viewer: Viewer, alert_id: str, key: str) -> AlertEvent | None:
    own = select(AlertEvent).where(AlertEvent.alert_id == alert_id, AlertEvent.actor == viewer.user_id)
    return next((line for line in session.scalars(own) if line.data.get("key") == key), None)


def _view(session: Session, alert: Alert, refused: str, by: str) -> StepView:
    session.flush()
    members = reporting_of(session, [alert.id]).get(alert.id, ())
    who = session.get(User, by) if by else None
    return StepView(
        applied=not refused,
        why=refused,
        by_name=who.name if who else "",
        alert=alert_view(alert, session.get_one(Resident, alert.resident_id), members),
    )
