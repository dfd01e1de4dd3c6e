"""Whom the alert of an area is about: its homes, as far as the viewer may see them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from alerts.tables import Alert
from anhu.registry.tables import Device, Resident
from api.schemas.alerts import AreaHomeView
from api.security.visibility import visible_residents
from api.services.people import last_heard_ms
from api.visit import AlertVisit

OF_OTHERS = frozenset({"residents", "devices"})
"""What the evidence says of other homes: shown by `area_of` only, to those who may see them."""


def homes_in(alert: Alert) -> int:
    """Return how many homes an alert is about in all; 0 when it is about its own resident."""
    named = alert.evidence.get("residents") or ()
    return max(len(named), int(alert.evidence.get("features", {}).get("residents") or 0)) if named else 0


def area_of(visit: AlertVisit) -> list[AreaHomeView]:
    """Return the homes that a visited alert names, by address; none when it is about its own resident."""
    named = visit.alert.evidence.get("residents") or []
    if not named:
        return []
    seen = select(Resident).where(Resident.id.in_(named), visible_residents(visit.viewer))
    residents = visit.session.scalars(seen.order_by(Resident.address, Resident.id)).all()
    ids = [one.id for one in residents]
    chosen = select(Device.id, Device.resident_id).where(
        Device.id.in_(visit.alert.evidence.get("devices") or []), Device.resident_id.in_(ids)
    )
    devices = [(row.resident_id, row.id) for row in visit.session.execute(chosen.order_by(Device.id))]
    others = (Alert.is_open, Alert.resident_id.in_(ids), Alert.id != visit.alert.id)
    counted = select(Alert.resident_id, func.count()).where(*others).group_by(Alert.resident_id)
    still_open = {row[0]: row[1] for row in visit.session.execute(counted)}
    visit.detail["residents"] = sorted(ids)
    return [
        AreaHomeView(
            resident_id=one.id,
            name=one.name,
            address=one.address,
            phone=one.phone,
            devices=[device_id for resident_id, device_id in devices if resident_id == one.id],
            open_alerts=still_open.get(one.id, 0),
            last_heard_ms=None,
        )
        for one in residents
    ]


def with_last_heard(visit: AlertVisit, homes: Sequence[AreaHomeView]) -> list[AreaHomeView]:
    """Return homes with when anything was last measured there; after the visit."""
    heard = last_heard_ms(visit.store, [home.resident_id for home in homes], visit.now_ms) if homes else {}
    return [home.model_copy(update={"last_heard_ms": heard.get(home.resident_id)}) for home in homes]
