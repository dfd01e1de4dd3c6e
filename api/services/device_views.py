"""Devices as they are shown: what they are, whose, where, and when they were last heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from anhu.contract.rooms import meaning_of
from anhu.registry.device_tables import DeviceBinding, DeviceSeen
from anhu.registry.people_tables import Place
from anhu.registry.product_tables import Product
from anhu.registry.tables import Device, DeviceNote, Resident
from api.schemas.devices import DeviceView, DoorNoteView
from api.security.roles import Permission, Viewer
from api.visit import Visit

LOW_BATTERY_PERCENT = 20.0
_PERIODS = 3
_LEAST_MS = 5 * MINUTE_MS
"""What is heard is written down once a minute: nobody is called silent sooner. [ms]"""
_ON_EVENTS_ONLY_MS = 26 * HOUR_MS


class _Beside(NamedTuple):
    """What stands beside rows of devices, by device."""

    notes: Mapping[str, Sequence[DoorNoteView]]
    seen: Mapping[str, DeviceSeen]
    places: Mapping[str, str]
    products: Mapping[str, str]
    """Product -> its name."""
    names: Mapping[str, str]
    """Resident -> name."""


_NOTHING = _Beside({}, {}, {}, {}, {})


def device_views(visit: Visit, rows: Sequence[Device]) -> list[DeviceView]:
    """Return devices which the visit's own query let through."""
    ids = [row.id for row in rows]
    session, sees = visit.session, visit.viewer.may(Permission.READ_HEALTH)
    beside = _Beside(
        _notes(session, ids),
        {one.device_id: one for one in session.scalars(select(DeviceSeen).where(DeviceSeen.device_id.in_(ids)))},
        _places(session, ids) if sees else {},
        _products(session, {row.product_id for row in rows if row.product_id}),
        _names(session, {row.resident_id for row in rows if row.resident_id}) if sees else {},
    )
    return [_view(visit.viewer, row, beside, visit.now_ms) for row in rows]


def one_view(viewer: Viewer, row: Device, now_ms: int) -> DeviceView:
    """Return a device that was just written. [ms]."""
    return _view(viewer, row, _NOTHING, now_ms)


def silent_condition(now_ms: int) -> ColumnElement[bool]:
    """Return the condition that a device is silent for too long, of `Device` joined with `DeviceSeen`. [ms]."""
    last_ms = func.coalesce(DeviceSeen.seen_ms, 0)
    since_ms = case((last_ms > Device.enrolled_at_ms, last_ms), else_=Device.enrolled_at_ms)
    own_ms = Device.report_period_s * (_PERIODS * SECOND_MS)
    limit_ms = case((own_ms <= 0, _ON_EVENTS_ONLY_MS), (own_ms < _LEAST_MS, _LEAST_MS), else_=own_ms)
    return and_(Device.enabled, now_ms - since_ms > limit_ms)


def present_since_ms(session: Session, device: Device) -> int:
    """Return since when a device is whose it is now; what was before is another's. [ms]."""
    since = select(DeviceBinding.from_ms).where(DeviceBinding.device_id == device.id, DeviceBinding.until_ms.is_(None))
    found = session.scalar(since)
    if found is not None:
        return found
    ended = select(func.max(DeviceBinding.until_ms)).where(DeviceBinding.device_id == device.id)
    return session.scalar(ended) or 0


def _is_silent(row: Device, seen: DeviceSeen | None, now_ms: int) -> bool:
    since_ms = max(row.enrolled_at_ms, seen.seen_ms if seen else 0)
    own_ms = row.report_period_s * _PERIODS * SECOND_MS
    return row.enabled and now_ms - since_ms > (max(own_ms, _LEAST_MS) if own_ms else _ON_EVENTS_ONLY_MS)


def _view(viewer: Viewer, row: Device, beside: _Beside, now_ms: int) -> DeviceView:
    seen = beside.seen.get(row.id)
    resident_id = (row.resident_id or "") if viewer.may(Permission.READ_HEALTH) else ""
    return DeviceView(
        id=row.id,
        codec=row.codec,
        model=row.model,
        firmware=row.firmware,
        vendor=row.vendor,
        product_id=row.product_id,
        product_name=beside.products.get(row.product_id, row.product_id),
        resident_id=resident_id,
        resident_name=beside.names.get(resident_id, ""),
        assigned=row.resident_id is not None,
        place=beside.places.get(row.id, ""),
        parent_id=row.parent_id or "",
        child_name=row.child_name,
        position=row.position,
        room=row.room,
        room_means=meaning_of(row.room),
        alarms=row.alarms,
        report_period_s=row.report_period_s,
        shared=row.shared,
        enabled=row.enabled,
        enrolled_at_ms=row.enrolled_at_ms,
        seen_ms=seen.seen_ms or None if seen else None,
        silent=_is_silent(row, seen, now_ms),
        battery_percent=seen.battery_percent if seen else None,
        signal_dbm=seen.signal_dbm if seen else None,
        ended_ms=seen.ended_ms if seen else None,
        ended_why=seen.ended_why if seen else "",
        notes=list(beside.notes.get(row.id, ())),
    )


def _notes(session: Session, device_ids: Sequence[str]) -> dict[str, list[DoorNoteView]]:
    """Return what devices say in vain, by device, the newest first."""
    notes: dict[str, list[DoorNoteView]] = {}
    wanted = select(DeviceNote).where(DeviceNote.device_id.in_(device_ids)).order_by(DeviceNote.at_ms.desc())
    for note in session.scalars(wanted):
        view = DoorNoteView(kind=note.kind, times=note.times, last=note.last, at_ms=note.at_ms)
        notes.setdefault(note.device_id, []).append(view)
    return notes


def _places(session: Session, device_ids: Sequence[str]) -> dict[str, str]:
    wanted = select(DeviceBinding.device_id, Place.full_name).join(Place, Place.id == DeviceBinding.place_id)
    rows = session.execute(wanted.where(DeviceBinding.device_id.in_(device_ids), DeviceBinding.until_ms.is_(None)))
    return {row[0]: row[1] for row in rows}


def _products(session: Session, product_ids: set[str]) -> dict[str, str]:
    rows = session.execute(select(Product.id, Product.name).where(Product.id.in_(product_ids)))
    return {row[0]: row[1] for row in rows}


def _names(session: Session, resident_ids: set[str]) -> dict[str, str]:
    rows = session.execute(select(Resident.id, Resident.name).where(Resident.id.in_(resident_ids)))
    return {row[0]: row[1] for row in rows}
