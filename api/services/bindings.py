"""Whose a device is: given, moved, returned, retired; and whose it was, told to those who may know."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry import bindings, devices
from anhu.registry.binding_history import NEWEST_FIRST
from anhu.registry.device_tables import DeviceBinding
from anhu.registry.people_tables import Place
from anhu.registry.rows import existing
from anhu.registry.tables import Device, Resident
from api.dependencies import Dependencies
from api.schemas.devices import Binding, BindingView, DeviceView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import sees_resident, visible_device, visible_places, visible_resident
from api.services.device_consent import require_harmless
from api.services.device_views import one_view
from api.visit import visit_device

_MOST = 200


def bind_device(deps: Dependencies, viewer: Viewer, device_id: str, given: Binding) -> DeviceView:
    """Give a device to a resident, a bed or a room, from now on. Raises `FieldError`, `NotFoundError`."""
    require(viewer, Permission.BIND_DEVICES)
    if not given.resident_id and not given.place_id:
        raise FieldError("resident_id", "", "a resident, a bed or a room", zh="服务对象、床位或房间")
    with deps.sessions.begin() as session:
        visible_device(session, viewer, device_id)
        row = bound(session, viewer, device_id, given, now_ms=deps.clock.now_ms())
        return one_view(viewer, row, deps.clock.now_ms())


def bound(session: Session, viewer: Viewer, device_id: str, given: Binding, *, now_ms: int) -> Device:
    """Bind a device which the caller was let bind, on record. [ms]."""
    if given.resident_id:
        visible_resident(session, viewer, given.resident_id)
    if given.place_id:
        wanted = select(Place.id).where(Place.id == given.place_id, visible_places(session, viewer))
        if session.scalar(wanted) is None:
            raise FieldError("place_id", given.place_id, "a bed or a room of your centre", zh="您中心的床位或房间")
    behind = devices.followers(session, existing(session, Device, device_id))
    row = bindings.bind_device(
        session,
        device_id,
        resident_id=given.resident_id,
        place_id=given.place_id,
        now_ms=now_ms,
        by=viewer.user_id,
    )
    if row.resident_id:
        visible_resident(session, viewer, row.resident_id)
    resident_id = row.resident_id or ""
    for moved in behind:
        record(session, viewer, "device.follow", now_ms=now_ms, resident_id=resident_id, object_id=moved.id)
    detail = {"place": given.place_id} if given.place_id else {}
    record(session, viewer, "device.bind", now_ms=now_ms, resident_id=resident_id, object_id=row.id, detail=detail)
    return row


def return_device(deps: Dependencies, viewer: Viewer, device_id: str) -> None:
    """Take a device back: from now on it is nobody's. A sensor behind a gateway stays its gateway's resident's."""
    require(viewer, Permission.BIND_DEVICES)
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        _returned(session, deps, viewer, row)


def retire_device(deps: Dependencies, viewer: Viewer, device_id: str) -> None:
    """Shut a device out for good and take it back; what it sent, and whose it was, stays."""
    require(viewer, Permission.PROVISION)
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        require_harmless(viewer, row, {"enabled": False})
        devices.update_device(session, device_id, {"enabled": False})
        _returned(session, deps, viewer, row)
        record(session, viewer, "device.retire", now_ms=deps.clock.now_ms(), object_id=device_id)


def _returned(session: Session, deps: Dependencies, viewer: Viewer, row: Device) -> None:
    now_ms, whose = deps.clock.now_ms(), row.resident_id or ""
    bindings.bind_device(session, row.id, resident_id="", place_id="", now_ms=now_ms, by=viewer.user_id)
    record(session, viewer, "device.return", now_ms=now_ms, resident_id=whose, object_id=row.id)


def bindings_of(deps: Dependencies, viewer: Viewer, device_id: str) -> list[BindingView]:
    """Return whose a device was, the present first: of residents whom the viewer sees. A vendor reads only when."""
    with visit_device(deps, viewer, device_id, "device.bindings", permission=Permission.READ_DEVICES) as visit:
        sees = viewer.may(Permission.READ_HEALTH)
        wanted = (
            select(DeviceBinding, Resident.name, Place.full_name)
            .outerjoin(Resident, Resident.id == DeviceBinding.resident_id)
            .outerjoin(Place, Place.id == DeviceBinding.place_id)
            .where(DeviceBinding.device_id == device_id)
            .order_by(*NEWEST_FIRST)
            .limit(_MOST)
        )
        if sees:
            seen = sees_resident(viewer, DeviceBinding.resident_id)
            wanted = wanted.where(seen | _of_nobody(visit.session, viewer))
        return [
            BindingView(
                resident_id=(row.resident_id or "") if sees else "",
                resident_name=(name or "") if sees else "",
                place=(place or "") if sees else "",
                from_ms=row.from_ms,
                until_ms=row.until_ms,
            )
            for row, name, place in visit.session.execute(wanted)
        ]


def _of_nobody(session: Session, viewer: Viewer) -> ColumnElement[bool]:
    return DeviceBinding.resident_id.is_(None) & visible_places(session, viewer)
