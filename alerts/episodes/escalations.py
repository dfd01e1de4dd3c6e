"""Steps that have come due: the dispatcher calls this every second, with its clock."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.following_up import ask_after, resume
from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.messages import ESCALATED, page_ways, who_around
from alerts.episodes.policies.book import policy_of
from alerts.episodes.policies.due import Standing, due, reaches_somebody
from alerts.episodes.reaching import judge, reach_further, tell_next
from alerts.episodes.supervisors import tell_supervisors
from alerts.episodes.timers import Timer
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.priority import Priority

_BATCH = 200


def advance_escalations(session: Session, now_ms: int, *, limit: int = _BATCH) -> int:
    """Do what has come due: steps of unanswered alerts, answers that stood too long, arrivals nobody heard of. [ms].

    Returns
    -------
    int
        How many were; call again at once when it equals `limit`.

    Notes
    -----
    Several dispatchers may call it together: an alert is worked on by one of them, and one that somebody else works
    on is left for the next call. A step that came due while nothing
    ran is taken once, late; the one after it keeps its distance from it.
    """
    is_due = Escalation.due_at_ms <= now_ms
    due = session.scalars(select(Escalation.alert_id).where(is_due).order_by(Escalation.due_at_ms).limit(limit)).all()
    if not due:
        return 0
    alerts = {alert.id: alert for alert in lock_alerts(session, Alert.id.in_(due), skip_locked=True)}
    still_due = select(Escalation).where(is_due, Escalation.alert_id.in_(alerts)).order_by(Escalation.due_at_ms)
    rows = session.scalars(still_due.with_for_update().execution_options(populate_existing=True)).all()
    for row in rows:
        _take(session, alerts[row.alert_id], row, now_ms)
    session.flush()
    return len(rows)


def _take(session: Session, alert: Alert, row: Escalation, now_ms: int) -> None:
    if row.what == Timer.RESUME:
        resume(session, alert, row, now_ms)
    elif row.what == Timer.SCENE:
        ask_after(session, alert, row, now_ms)
    else:
        _take_step(session, alert, row, now_ms)


def _take_step(session: Session, alert: Alert, row: Escalation, now_ms: int) -> None:
    policy = policy_of(session, alert)
    response = Response(alert.response) if alert.is_open else Response.CLOSED
    turn = due(policy, who_around(session, alert, now_ms), Standing(response, row.step, row.due_at_ms), now_ms)
    if turn is None:
        session.delete(row)
        return
    number, rung, ways, following = turn
    prompt = rung.prompt_emergency
    written = page_ways(session, alert, ways, number=number, reason=ESCALATED, now_ms=now_ms, prompt_emergency=prompt)
    data = {"step": number, "messages": written, "prompt_emergency": prompt}
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="escalated", data=data))
    if following is None:
        session.delete(row)
        _end(session, alert, now_ms)
    else:
        row.step, row.due_at_ms = following.number, following.due_at_ms
    if judge(session, alert, now_ms):
        reach_further(session, alert, now_ms)
    elif not reaches_somebody(ways):
        tell_next(session, alert, now_ms)


def _end(session: Session, alert: Alert, now_ms: int) -> None:
    """Say that the policy is at its end and nobody has answered; of a high alert to whoever answers for the centre."""
    session.flush()
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="policy_ended", data={}))
    if alert.priority >= Priority.HIGH:
        tell_supervisors(session, alert, now_ms)
