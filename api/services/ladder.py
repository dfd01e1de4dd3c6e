"""Whom the steps of an alert's ladder reach: those that were taken, and the one that comes next."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from alerts.episodes.ladders import step_at
from alerts.tables import Alert, AlertEvent, Escalation
from anhu.contract.priority import Priority
from api.schemas.alerts import NextStepView
from api.visit import AlertVisit


def next_step_of(visit: AlertVisit) -> NextStepView | None:
    """Return what comes next while nobody answers the visited alert; None when nothing is planned."""
    planned = visit.session.get(Escalation, visit.alert.id)
    if planned is None or not visit.alert.is_open:
        return None
    return NextStepView(due_at_ms=planned.due_at_ms, parties=_parties(visit.alert, planned.step))


def taken_steps_of(visit: AlertVisit) -> Mapping[int, list[str]]:
    """Return line of history -> whom that step of the visited alert was to reach; empty: nobody could be written to."""
    events = visit.session.scalars(
        select(AlertEvent).where(AlertEvent.alert_id == visit.alert.id, AlertEvent.what == "escalated")
    )
    return {
        event.id: _parties(visit.alert, event.data.get("step", 0)) if event.data.get("messages", 1) else []
        for event in events
    }


def _parties(alert: Alert, number: int) -> list[str]:
    step = step_at(alert.kind, Priority(alert.priority), number)
    return [party.value for party in step.parties] if step else []
