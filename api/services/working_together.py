"""Working on alerts with others: handing over by name, telephone calls put on record, many answered at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from alerts.episodes import handing_over, responses
from alerts.episodes.lifecycle import IllegalStepError, Outcome
from alerts.episodes.locking import lock_alerts
from alerts.episodes.undoing import is_call_for_help
from alerts.tables import Alert, AlertEvent
from anhu.contract.clock import HOUR_MS
from anhu.contract.errors import FieldError
from anhu.registry.roles import Role
from anhu.registry.tables import Resident, Token, User
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.alerts import AlertView
from api.schemas.responses import Bulk, BulkAnswer, BulkRefusal, CallResult, ColleagueView
from api.security.audit import record
from api.security.roles import Permission, Viewer
from api.security.viewers import viewer_of
from api.security.visibility import visible_alerts
from api.services.login import SESSION_MS
from api.services.responses import answer_alert, require_note
from api.visit import AlertVisit, Visit, visit_alert, visit_many

_ANSWERS = (Role.DESK, Role.TEAM)
_HERE_MS = HOUR_MS
"""A session is renewed while it is used: one that was within this is somebody who is there. [ms]"""


def colleagues(deps: Dependencies, viewer: Viewer, alert_id: str) -> list[ColleagueView]:
    """Return who may be asked to take the alert over: those who answer alarms of this resident, those there first."""
    with visit_alert(deps, viewer, alert_id, "alert.colleagues", permission=Permission.RESPOND) as visit:
        return colleagues_of(visit)


def colleagues_of(visit: AlertVisit) -> list[ColleagueView]:
    """Return who may be asked to take the visited alert over."""
    return colleagues_for(visit, visit.session.get_one(Resident, visit.resident_id))


def colleagues_for(visit: Visit, resident: Resident) -> list[ColleagueView]:
    """Return who answers alarms of a resident whom the visit was allowed to see, those who are there first."""
    theirs = (User.centre_id == resident.centre_id) & (User.role == Role.DESK)
    theirs |= (User.team_id == resident.team_id) & (User.role == Role.TEAM)
    in_use = exists().where(
        Token.user_id == User.id,
        Token.purpose == "session",
        Token.expires_at_ms > visit.now_ms + SESSION_MS - _HERE_MS,
    )
    wanted = select(User, in_use).where(User.enabled, theirs, User.id != visit.viewer.user_id)
    rows = visit.session.execute(wanted.order_by(User.name, User.id)).all()
    found = [ColleagueView(user_id=user.id, name=user.name, role=user.role, here=bool(here)) for user, here in rows]
    return sorted(found, key=lambda one: (not one.here, one.role != visit.viewer.role))


def offer(deps: Dependencies, viewer: Viewer, alert_id: str, *, to: str, note: str = "") -> AlertView:
    """Ask a colleague to take the alert over; it stays with whoever has it until the colleague says yes.

    Raises
    ------
    NotFoundError
        If there is no such colleague, or he may not see the alert.
    NotNowError
        If nobody has answered it yet, or it is over.
    """

    def step(session: Session, now_ms: int) -> Alert:
        colleague = session.get(User, to)
        if colleague is None or not _answers(session, colleague, alert_id):
            raise NotFoundError(f"no colleague {to!r} who answers this alert")
        return handing_over.offer(session, alert_id, to, actor=viewer.user_id, now_ms=now_ms, note=note)

    return answer_alert(deps, viewer, alert_id, "alert.offer", step)


def _answers(session: Session, user: User, alert_id: str) -> bool:
    seen = viewer_of(user, address="")
    if not user.enabled or not seen.may(Permission.RESPOND):
        return False
    return session.scalar(select(Alert.id).where(Alert.id == alert_id, visible_alerts(seen))) is not None


def take_over(deps: Dependencies, viewer: Viewer, alert_id: str) -> AlertView:
    """Say yes to an offer. Raises `NotNowError` if it is not offered to the caller."""

    def step(session: Session, now_ms: int) -> Alert:
        return handing_over.take_over(session, alert_id, actor=viewer.user_id, now_ms=now_ms)

    return answer_alert(deps, viewer, alert_id, "alert.take_over", step)


def call_off(deps: Dependencies, viewer: Viewer, alert_id: str) -> AlertView:
    """Say no to an offer, or take it back. Raises `NotNowError` if there is none."""

    def step(session: Session, now_ms: int) -> Alert:
        return handing_over.call_off(session, alert_id, actor=viewer.user_id, now_ms=now_ms)

    return answer_alert(deps, viewer, alert_id, "alert.offer_ended", step)


def note_call(deps: Dependencies, viewer: Viewer, alert_id: str, given: CallResult) -> AlertView:
    """Write down what became of a telephone call about the alert; it answers nothing by itself."""

    def step(session: Session, now_ms: int) -> Alert:
        alert = session.get_one(Alert, alert_id)
        data = {"to": given.to, "result": given.result}
        line = AlertEvent(alert_id=alert_id, at_ms=now_ms, what="called", actor=viewer.user_id, data=data)
        line.text = given.note
        session.add(line)
        session.flush()
        return alert

    return answer_alert(deps, viewer, alert_id, "alert.call", step)


def answer_many(deps: Dependencies, viewer: Viewer, given: Bulk) -> BulkAnswer:
    """Answer several alerts of one kind and one centre; what does not fit is left as it is, and said.

    Raises
    ------
    FieldError
        If there are calls for help among them, or several kinds or centres, or the outcome is missing.
    """
    if given.step == "close":
        require_note(_outcome(given), given.note)
    with visit_many(deps, viewer, "alert.bulk", permission=Permission.RESPOND) as visit:
        asked = select(Alert.id).where(Alert.id.in_(given.alert_ids), visible_alerts(viewer))
        seen = set(visit.session.scalars(asked))
    now_ms = deps.clock.now_ms()
    refused = [BulkRefusal(alert_id=one, why="no such alert") for one in given.alert_ids if one not in seen]
    answered: list[str] = []
    with deps.sessions.begin() as session:
        alerts = lock_alerts(session, Alert.id.in_(seen), visible_alerts(viewer))
        _check_alike(session, alerts)
        for alert in alerts:
            try:
                _step(given)(session, alert.id, viewer.user_id, now_ms)
            except IllegalStepError as error:
                refused.append(BulkRefusal(alert_id=alert.id, why=str(error)))
                continue
            answered.append(alert.id)
            action = f"alert.{given.step}"
            record(session, viewer, action, now_ms=now_ms, resident_id=alert.resident_id, object_id=alert.id)
    return BulkAnswer(answered=answered, refused=refused)


def _outcome(given: Bulk) -> Outcome:
    if given.outcome is None:
        raise FieldError("outcome", None, "what they turned out to be", zh="结果")
    return given.outcome


def _step(given: Bulk) -> Callable[[Session, str, str, int], Alert]:
    def step(session: Session, alert_id: str, actor: str, now_ms: int) -> Alert:
        if given.step == "acknowledge":
            return responses.acknowledge(session, alert_id, actor=actor, now_ms=now_ms, note=given.note)
        return responses.close(session, alert_id, _outcome(given), actor=actor, now_ms=now_ms, note=given.note)

    return step


def _check_alike(session: Session, alerts: Sequence[Alert]) -> None:
    calls = [alert.id for alert in alerts if is_call_for_help(alert.kind, alert.priority)]
    if calls:
        raise FieldError("alert_ids", calls[0], "no call for help: each is answered alone", zh="求助须逐条接警")
    kinds = {alert.kind for alert in alerts}
    if len(kinds) > 1:
        raise FieldError("alert_ids", sorted(kinds), "alerts of one kind", zh="同一类型的报警")
    residents = {alert.resident_id for alert in alerts}
    centres = set(session.scalars(select(Resident.centre_id).where(Resident.id.in_(residents))))
    if len(centres) > 1:
        raise FieldError("alert_ids", len(centres), "alerts of one centre", zh="同一服务中心的报警")
