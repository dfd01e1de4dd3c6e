"""Steps that have come due: the dispatcher calls this every second, with its clock."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.episodes.ladders import step_at
from alerts.episodes.lifecycle import Response
from alerts.episodes.locking import lock_alerts
from alerts.episodes.paging import ESCALATED, page, plan_step
from alerts.episodes.reaching import judge
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.priority import Priority

_BATCH = 200


def advance_escalations(session: Session, now_ms: int, *, limit: int = _BATCH) -> int:
    """Take every due step of unanswered alerts: outbox rows, a line of history, the next due time. [ms].

    Returns
    -------
    int
        How many steps were taken; call again at once when it equals `limit`.

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
    step = step_at(alert.kind, Priority(alert.priority), row.step)
    if step is None or not alert.is_open or alert.response != Response.UNACKED:
        session.delete(row)
        return
    number = row.step
    written = page(session, alert, step, number=number, reason=ESCALATED, now_ms=now_ms)
    data = {"step": number, "messages": written, "prompt_emergency": step.prompt_emergency}
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="escalated", data=data))
    plan_step(session, alert, number + 1, since_ms=now_ms - step.after_ms)
    judge(session, alert, now_ms)
