"""The live stream of alerts: what happened after a given line of history, for one viewer."""

from __future__ import annotations

from sqlalchemy import func, select

from alerts.episodes.members import reporting_of
from alerts.tables import Alert, AlertEvent
from anhu.registry.database import reading
from anhu.registry.database_changes import DatabaseChanges
from anhu.registry.tables import Resident, User
from api.dependencies import Dependencies
from api.schemas.stream import StreamItem
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts
from api.services.alerts import alert_view, event_view
from api.visit import visit_many

RECENT = 64
"""How many of the newest lines are looked at again: on PostgreSQL a lower number may become visible after a higher."""


def open_stream(deps: Dependencies, viewer: Viewer) -> int:
    """Check and write down that the viewer listens; return the newest line's number."""
    with visit_many(deps, viewer, "alert.stream") as visit:
        return visit.session.scalar(select(func.max(AlertEvent.id))) or 0


def events_after(deps: Dependencies, viewer: Viewer, after_id: int, *, limit: int = 200) -> list[StreamItem]:
    """Return the lines after a number that the viewer may see, each with its alert as it is now, oldest first."""
    require(viewer, Permission.READ_HEALTH)
    query = (
        select(AlertEvent, Alert, Resident, User.name)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .join(Resident, Resident.id == Alert.resident_id)
        .outerjoin(User, User.id == AlertEvent.actor)
        .where(AlertEvent.id > after_id, visible_alerts(viewer))
        .order_by(AlertEvent.id)
        .limit(limit)
    )
    with reading(deps.sessions)() as session:
        rows = session.execute(query).all()
        members = reporting_of(session, [alert.id for _, alert, _, _ in rows])
        return [
            StreamItem(
                event=event_view(event, name, viewer),
                alert=alert_view(alert, resident, members.get(alert.id, ())),
            )
            for event, alert, resident, name in rows
        ]


def recent_ids(deps: Dependencies) -> tuple[int, ...]:
    """Return the numbers of the newest lines: they differ when anything was added anywhere."""
    with reading(deps.sessions)() as session:
        return tuple(session.scalars(select(AlertEvent.id).order_by(AlertEvent.id.desc()).limit(RECENT)))


def watch_changes(deps: Dependencies) -> DatabaseChanges:
    """Return what says whether it is worth looking for newer lines."""
    return DatabaseChanges(deps.sessions)
