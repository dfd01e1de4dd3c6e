"""Outbox rows and the escalation row of an alert: written in the transaction that made them necessary."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.messages import AGAIN, RAISED, page_ways, who_around
from alerts.episodes.policies.book import begin_policy, policy_of
from alerts.episodes.policies.due import begun, planned, reaches_somebody, told
from alerts.episodes.policies.policy import Policy
from alerts.episodes.supervisors import tell_supervisors
from alerts.episodes.timers import Timer
from alerts.episodes.untold import enter, leave
from alerts.subject import subject_of
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.outbox.tables import Outbox
from anhu.outbox.writing import about, cancel


def start_paging(session: Session, alert: Alert, *, reason: str, now_ms: int, received_ms: int = 0) -> None:
    """Choose a policy and page its first step that reaches somebody; while nobody has answered, plan the next. [ms].

    A resident whose desk has no contact, say, must not wait until the doctor team's turn comes.
    """
    policy = begin_policy(session, alert, now_ms)
    if policy.steps:
        number = _page_first(session, alert, policy, reason=reason, now_ms=now_ms, received_ms=received_ms)
        if alert.response == Response.UNACKED:
            if number is None:
                enter(session, alert, (), now_ms)
                tell_supervisors(session, alert, now_ms)
            plan_step(session, alert, (number or 0) + 1, since_ms=now_ms, is_new=reason == RAISED)
    session.flush()


def _page_first(
    session: Session, alert: Alert, policy: Policy, *, reason: str, now_ms: int, received_ms: int
) -> int | None:
    """Page what is due at once; return the step that reached somebody. [ms]."""
    turns = begun(policy, who_around(session, alert, now_ms))
    for number, rung, ways, _ in turns:
        page_ways(
            session,
            alert,
            ways,
            number=number,
            reason=reason,
            now_ms=now_ms,
            prompt_emergency=rung.prompt_emergency,
            received_ms=received_ms,
        )
        if rung.prompt_emergency:  # the policy asks for the emergency services at once
            data = {"step": number, "messages": len(ways), "prompt_emergency": True}
            session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="escalated", data=data))
    last = turns[-1]
    if not (reaches_somebody(last.ways) or (last.ways and policy.is_call_back)):
        return None
    if last.number:
        data = {"step": last.number}
        session.add(AlertEvent(alert_id=alert.id, at_ms=now_ms, what="nobody_before", data=data))
    return last.number


def plan_step(session: Session, alert: Alert, number: int, *, since_ms: int, is_new: bool = False) -> None:
    """Plan a step, counted from when the alert was news; past the end nothing is due any more. [ms].

    Of an alert that is new no step can be planned yet: it is not looked for.
    """
    following = planned(policy_of(session, alert), number, since_ms=since_ms)
    if following is None:
        session.execute(delete(Escalation).where(Escalation.alert_id == alert.id))
        return
    row = Escalation(alert_id=alert.id, what=Timer.STEP, step=number, due_at_ms=following.due_at_ms)
    if is_new:
        session.add(row)
    else:
        session.merge(row)
    session.flush()


def page_new(session: Session, alert: Alert, number: int, *, now_ms: int) -> int:
    """Tell who became a contact since the steps up to this one were taken; return how many. [ms]."""
    policy, who = policy_of(session, alert), who_around(session, alert, now_ms)
    ways = [way for taken in range(min(number + 1, len(policy.rungs))) for way in told(policy, taken, who)]
    has_one = set(session.scalars(select(Outbox.contact_id).where(about(subject_of(alert.id)))))
    fresh = {way.contact_id: way for way in ways if way.contact_id not in has_one}
    return page_ways(session, alert, fresh.values(), number=number, reason=AGAIN, now_ms=now_ms)


def stop_paging(session: Session, alert_id: str) -> None:
    """Nothing more is due for this alert: somebody answered, or it is over. What is on its way cannot be recalled."""
    if alert := session.get(Alert, alert_id):  # whoever calls holds it: nothing is asked
        leave(alert)
    session.execute(delete(Escalation).where(Escalation.alert_id == alert_id))
    cancel(session, subject_of(alert_id))
