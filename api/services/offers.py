"""What the viewer is asked to take over, and what he asked others to."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from alerts.episodes.handing_over import OFFERED
from alerts.tables import Alert, AlertEvent
from anhu.registry.tables import Resident, User
from api.schemas.watch import OfferView
from api.security.roles import Viewer
from api.security.visibility import visible_alerts

_MOST = 50


def offers_of(session: Session, viewer: Viewer) -> list[OfferView]:
    """Return the open offers to and of the viewer, the oldest first."""
    asked, has = aliased(User), aliased(User)
    mine = or_(Alert.offered_to == viewer.user_id, Alert.assignee == viewer.user_id)
    said = aliased(AlertEvent)
    newest = select(func.max(said.id)).where(said.alert_id == Alert.id, said.what == OFFERED).scalar_subquery()
    rows = session.execute(
        select(Alert, Resident.name, asked.name, has.name, AlertEvent.text)
        .join(Resident, Resident.id == Alert.resident_id)
        .join(asked, asked.id == Alert.offered_to)
        .outerjoin(has, has.id == Alert.assignee)
        .outerjoin(AlertEvent, AlertEvent.id == newest)
        .where(Alert.is_open, Alert.offered_to != "", mine, visible_alerts(viewer))
        .order_by(Alert.offered_at_ms, Alert.id)
        .limit(_MOST)
    )
    return [
        OfferView(
            alert_id=alert.id,
            kind=alert.kind,
            resident_id=alert.resident_id,
            resident_name=name,
            to_me=alert.offered_to == viewer.user_id,
            other_name=(has_it or "") if alert.offered_to == viewer.user_id else to,
            note=note or "",
            offered_at_ms=alert.offered_at_ms or 0,
        )
        for alert, name, to, has_it, note in rows
    ]
