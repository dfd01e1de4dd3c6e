"""What an answer promises: who has acknowledged goes or closes, who is on the way arrives. Else somebody is asked.

An answer that stands too long is no answer any more: paging resumes from the first step. A remark shows that somebody
is at it, and the time begins anew. Who calls again while nobody is on the way shortens it to a minute, and the desk
and whoever acknowledged are told at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.messages import page_ways, who_around
from alerts.episodes.paging import start_paging
from alerts.episodes.policies.book import policy_of
from alerts.episodes.policies.policy import Party
from alerts.episodes.policies.ways import ways_of_users
from alerts.episodes.policies.who import Way, ways_of
from alerts.episodes.timers import Timer
from alerts.finding import Condition
from alerts.kinds import DRILLS, KINDS
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.clock import MINUTE_MS
from anhu.registry.tables import User

RESUMED, FURTHER, OVERDUE = "resumed", "further", "overdue"
"""How the reasons of these messages begin."""
_FURTHER_STANDS_MS = MINUTE_MS
"""So long an answer stands after a further call. [ms]"""
_ASKED_AGAIN_MS = 15 * MINUTE_MS
_MOST_ASKED = 8


def plan_following_up(session: Session, alert: Alert, now_ms: int) -> None:
    """Plan until when the present answer stands, counted from now; nothing where it stands for good. [ms]."""
    policy = policy_of(session, alert)
    timer, stands_ms = {
        Response.ACKNOWLEDGED: (Timer.RESUME, policy.ack_stands_ms),
        Response.ON_THE_WAY: (Timer.SCENE, policy.scene_within_ms),
    }.get(Response(alert.response), (Timer.STEP, None))
    if stands_ms is not None and not _is_over(alert):
        session.merge(Escalation(alert_id=alert.id, what=timer, step=0, due_at_ms=now_ms + stands_ms))
        session.flush()


def somebody_is_at_it(session: Session, alert: Alert, now_ms: int) -> None:
    """Let an acknowledgement stand as long again: who has it has just said something. [ms]."""
    if alert.is_open and alert.response == Response.ACKNOWLEDGED and session.get(Escalation, alert.id) is not None:
        plan_following_up(session, alert, now_ms)


def call_again(session: Session, alert: Alert, now_ms: int) -> None:
    """Take it that somebody who was promised help calls again, and nobody has left yet. [ms]."""
    if alert.response != Response.ACKNOWLEDGED or alert.kind in DRILLS:
        return
    answered_ms = session.scalar(
        select(func.max(AlertEvent.at_ms)).where(
            AlertEvent.alert_id == alert.id, AlertEvent.what == Response.ACKNOWLEDGED
        )
    )
    ways = [*ways_of(Party.CENTRE, who_around(session, alert, now_ms)), *_ways_of_assignee(session, alert)]
    page_ways(session, alert, _once(ways), number=0, reason=f"{FURTHER}-{answered_ms}", now_ms=now_ms)
    row = session.get(Escalation, alert.id)
    due_at_ms = now_ms + _FURTHER_STANDS_MS
    if row is None or row.due_at_ms > due_at_ms:
        session.merge(Escalation(alert_id=alert.id, what=Timer.RESUME, step=0, due_at_ms=due_at_ms))
    session.flush()


def resume(session: Session, alert: Alert, row: Escalation, now_ms: int) -> None:
    """Page anew, for the answer has stood too long. [ms]."""
    if not alert.is_open or alert.response != Response.ACKNOWLEDGED or _is_over(alert):
        session.delete(row)
        return
    alert.response = Response.UNACKED
    data = {"assignee": alert.assignee}
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=RESUMED, data=data))
    start_paging(session, alert, reason=f"{RESUMED}-{now_ms}", now_ms=now_ms)


def ask_after(session: Session, alert: Alert, row: Escalation, now_ms: int) -> None:
    """Ask whoever is on the way, and the desk, whether anybody is there; the second time also the supervisors. [ms]."""
    if not alert.is_open or alert.response != Response.ON_THE_WAY:
        session.delete(row)
        return
    who = who_around(session, alert, now_ms)
    parties = (Party.CENTRE, *([Party.SUPERVISOR] if row.step else []))
    ways = [*_ways_of_assignee(session, alert), *(way for party in parties for way in ways_of(party, who))]
    reason = f"{OVERDUE}-{row.step}-{now_ms}"
    written = page_ways(session, alert, _once(ways), number=row.step, reason=reason, now_ms=now_ms)
    data = {"messages": written, "assignee": alert.assignee}
    session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what=OVERDUE, data=data))
    if row.step + 1 < _MOST_ASKED:
        row.step, row.due_at_ms = row.step + 1, now_ms + _ASKED_AGAIN_MS
    else:
        session.delete(row)


def _ways_of_assignee(session: Session, alert: Alert) -> list[Way]:
    return ways_of_users(session, select(User.id).where(User.id == alert.assignee)) if alert.assignee else []


def _once(ways: Iterable[Way]) -> list[Way]:
    return list({way.contact_id: way for way in ways}.values())


def _is_over(alert: Alert) -> bool:
    """Tell whether the condition has gone, and nobody has to come for it."""
    kind = KINDS.get(alert.kind)
    return alert.condition == Condition.GONE and not (kind is not None and kind.latches)
