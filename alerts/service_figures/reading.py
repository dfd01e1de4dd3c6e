"""Fetches the alarms of a span from the database, and counts them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.service_figures.cell import Case, Counts, Key, counted
from alerts.tables import Alert, AlertEvent
from anhu.registry.heartbeat import not_own
from anhu.registry.tables import Device

_CHUNK = 5_000


def cells_of(session: Session, *, since_ms: int, until_ms: int, alerts: ColumnElement[bool]) -> dict[Key, Counts]:
    """Count the alarms whose event lies in a span, by whose they were when they were raised. [ms].

    What was merged into another is that other one, and no alarm of its own.

    Parameters
    ----------
    alerts : SQL condition
        Which rows the asker may see.
    """
    counts = (not_own(Alert.resident_id), Alert.merged_into == "")
    of_span = (Alert.started_at_ms >= since_ms, Alert.started_at_ms < until_ms, *counts)
    there = (
        select(AlertEvent.alert_id, func.min(AlertEvent.at_ms).label("at_ms"))
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(AlertEvent.what == Response.ON_SCENE, *of_span)
        .group_by(AlertEvent.alert_id)
        .subquery()
    )
    query = (
        select(
            Alert.centre_id,
            Alert.team_id,
            Alert.kind,
            func.coalesce(Device.model, ""),
            Alert.priority,
            Alert.detector,
            Alert.detector_version,
            Alert.firmware,
            Alert.started_at_ms,
            Alert.raised_at_ms,
            Alert.acknowledged_at_ms,
            there.c.at_ms,
            Alert.closed_at_ms,
            Alert.outcome,
            Alert.late,
        )
        .outerjoin(Device, Device.id == Alert.device_id)
        .outerjoin(there, there.c.alert_id == Alert.id)
        .where(*of_span, alerts)
    )
    found = session.execute(query.execution_options(yield_per=_CHUNK))
    return counted(Case(Key(*row[:8]), *row[8:]) for row in found)  # type: ignore[call-arg] # too long a row to be typed
