"""Handing over when a shift ends: what is still the viewer's, and who may be asked to take it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from alerts.tables import Alert
from anhu.registry.tables import Resident
from api.dependencies import Dependencies
from api.schemas.alerts import AlertView
from api.schemas.responses import ColleagueView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts
from api.services.alerts import alert_view
from api.services.working_together import colleagues_for
from api.visit import visit_many

_MOST = 200


@dataclass(frozen=True, slots=True)
class OwnAlert:
    """An open alert that the viewer answers, its resident's address, and who may be asked to take it over."""

    alert: AlertView
    address: str
    colleagues: list[ColleagueView]


def own_alerts(deps: Dependencies, viewer: Viewer) -> list[OwnAlert]:
    """Return the open alerts that are the viewer's, the most urgent first."""
    require(viewer, Permission.RESPOND)
    with visit_many(deps, viewer, "alert.shift") as visit:
        rows = visit.session.execute(
            select(Alert, Resident)
            .join(Resident, Resident.id == Alert.resident_id)
            .where(Alert.is_open, Alert.assignee == viewer.user_id, visible_alerts(viewer))
            .order_by(Alert.priority.desc(), Alert.raised_at_ms, Alert.id)
            .limit(_MOST)
        ).all()
        visit.detail["residents"] = sorted({resident.id for _, resident in rows})
        return [
            OwnAlert(alert_view(alert, resident, ()), resident.address, colleagues_for(visit, resident))
            for alert, resident in rows
        ]
