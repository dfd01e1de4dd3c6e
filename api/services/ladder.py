"""Whom the steps of an alert's policy reach: those that were taken, and the next; and until when an answer stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from alerts.episodes.lifecycle import Response
from alerts.episodes.policies.book import policy_of
from alerts.episodes.policies.due import rung_at
from alerts.episodes.policies.policy import Policy
from alerts.episodes.timers import Timer
from alerts.tables import Alert, AlertEvent, Escalation
from api.schemas.alerts import NextStepView
from api.schemas.desk import AnswerEndView
from api.visit import AlertVisit, Visit

_ANSWERED = (Response.ACKNOWLEDGED, Response.ON_THE_WAY)


def next_step_of(visit: AlertVisit) -> NextStepView | None:
    """Return what comes next while nobody answers the visited alert; None when nothing is planned."""
    planned = visit.session.get(Escalation, visit.alert.id)
    if planned is None or planned.what != Timer.STEP or not visit.alert.is_open:
        return None
    policy = policy_of(visit.session, visit.alert)
    return NextStepView(due_at_ms=planned.due_at_ms, parties=_parties(policy, planned.step))


def taken_steps_of(visit: AlertVisit) -> Mapping[int, list[str]]:
    """Return line of history -> whom that step of the visited alert was to reach; empty: nobody could be written to."""
    events = visit.session.scalars(
        select(AlertEvent).where(AlertEvent.alert_id == visit.alert.id, AlertEvent.what == "escalated")
    )
    policy = policy_of(visit.session, visit.alert)
    return {
        event.id: _parties(policy, event.data.get("step", 0)) if event.data.get("messages", 1) else []
        for event in events
    }


def answer_ends_of(visit: Visit, alerts: Iterable[Alert]) -> Mapping[str, AnswerEndView]:
    """Return alert -> until when its answer stands, of the alerts whose answer does not stand for good."""
    answered = [alert.id for alert in alerts if alert.is_open and alert.response in _ANSWERED]
    rows = visit.session.scalars(
        select(Escalation).where(Escalation.alert_id.in_(answered), Escalation.what != Timer.STEP)
    )
    return {row.alert_id: AnswerEndView(what=Timer(row.what), at_ms=row.due_at_ms) for row in rows}


def _parties(policy: Policy, number: int) -> list[str]:
    rung = rung_at(policy, number)
    return [party.value for party in rung.parties] if rung else []
