"""Devices: register, assign, rotate the secret, revoke, ask for something."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from anhu.contract.rooms import meaning_of
from anhu.registry import devices
from anhu.registry.roles import Role
from anhu.registry.tables import Device, DeviceCommand, DeviceNote, Resident
from api.dependencies import Dependencies
from api.errors import ForbiddenError
from api.schemas.base import Page
from api.schemas.devices import CommandView, DeviceChange, DeviceSecret, DeviceView, DoorNoteView, NewCommand, NewDevice
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_device, visible_devices, visible_resident
from api.services.command_rules import check_command
from api.services.command_states import command_view
from api.services.device_consent import require_harmless
from api.services.paging import decode_cursor, encode_cursor
from api.visit import ResidentVisit, Visit, visit_device, visit_many


def list_devices(
    deps: Dependencies,
    viewer: Viewer,
    *,
    resident_id: str = "",
    enabled: bool | None = None,
    cursor: str = "",
    limit: int = 50,
) -> Page[DeviceView]:
    """Return a page of the visible devices, by identity."""
    with visit_many(deps, viewer, "device.list", permission=Permission.READ_DEVICES) as visit:
        visit.resident_id = resident_id
        query = select(Device).where(visible_devices(viewer)).order_by(Device.id).limit(limit + 1)
        if resident_id:
            require(viewer, Permission.READ_HEALTH)
            query = query.where(Device.resident_id == resident_id)
        if enabled is not None:
            query = query.where(Device.enabled == enabled)
        if after := decode_cursor(cursor, str):
            query = query.where(Device.id > after[0])
        rows = visit.session.scalars(query).all()
        names = _names(visit, rows)
        notes = _notes(visit.session, [row.id for row in rows])
        items = [
            _view(viewer, row, names.get(row.resident_id or "", ""), notes.get(row.id, ())) for row in rows[:limit]
        ]
        return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


def read_device(deps: Dependencies, viewer: Viewer, device_id: str) -> DeviceView:
    """Return one device."""
    with visit_device(deps, viewer, device_id, "device.read", permission=Permission.READ_DEVICES) as visit:
        return _view(viewer, visit.device, notes=_notes(visit.session, [device_id]).get(device_id, ()))


def devices_of(visit: ResidentVisit, *, limit: int) -> list[DeviceView]:
    """Return the visited resident's devices that are let in, by identity."""
    wanted = select(Device).where(Device.resident_id == visit.resident_id, Device.enabled)
    rows = visit.session.scalars(wanted.order_by(Device.id).limit(limit)).all()
    notes = _notes(visit.session, [row.id for row in rows])
    return [_view(visit.viewer, row, notes=notes.get(row.id, ())) for row in rows]


def create_device(deps: Dependencies, viewer: Viewer, given: NewDevice) -> DeviceSecret:
    """Register a device and make its secret, shown this once; one behind a gateway has none.

    Raises
    ------
    TakenError, MissingRowError, FieldError
        If the identity is in use, resident or gateway do not exist, or there is no such codec.
    ForbiddenError
        If a vendor assigns a resident.
    """
    require(viewer, Permission.PROVISION)
    if given.codec not in deps.codecs:
        raise FieldError("codec", given.codec, f"one of {', '.join(sorted(deps.codecs))}")
    values = given.model_dump(exclude={"id"})
    values["resident_id"] = given.resident_id or None
    values["parent_id"] = given.parent_id or None
    if viewer.role is Role.VENDOR:
        values["vendor"] = viewer.vendor
    secret = "" if given.parent_id else devices.new_secret()
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        _check_assignable(session, viewer, given.resident_id)
        if given.parent_id:
            visible_device(session, viewer, given.parent_id)
        row = devices.create_device(session, device_id=given.id, now_ms=now_ms, secret=secret, **values)
        _audit(session, deps, viewer, "device.create", row)
        return DeviceSecret(**_view(viewer, row).model_dump(), secret=secret)


def change_device(deps: Dependencies, viewer: Viewer, device_id: str, given: DeviceChange) -> DeviceView:
    """Change what is given; an assignment to another resident begins now."""
    require(viewer, Permission.PROVISION)
    changes = given.model_dump(exclude_none=True, exclude={"resident_id"})
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        require_harmless(viewer, row, changes)
        if changes:
            row = devices.update_device(session, device_id, changes)
        if given.resident_id is not None:  # a vendor could otherwise try out whose it is
            _check_assignable(session, viewer, given.resident_id or (row.resident_id or ""))
        if given.resident_id is not None and given.resident_id != (row.resident_id or ""):
            resident_id = given.resident_id or None
            behind = devices.followers(session, row)
            row = devices.assign_device(session, device_id, resident_id, now_ms=deps.clock.now_ms())
            for moved in behind:
                _audit(session, deps, viewer, "device.follow", moved)
        _audit(session, deps, viewer, "device.change", row)
        return _view(viewer, row)


def rotate_secret(deps: Dependencies, viewer: Viewer, device_id: str) -> DeviceSecret:
    """Replace a device's secret; the old one stops working at once."""
    require(viewer, Permission.PROVISION)
    with deps.sessions.begin() as session:
        require_harmless(viewer, visible_device(session, viewer, device_id), {"secret": ""})
        secret = devices.new_secret()
        row = devices.rotate_secret(session, device_id, secret)
        _audit(session, deps, viewer, "device.rotate", row)
        return DeviceSecret(**_view(viewer, row).model_dump(), secret=secret)


def set_device_enabled(deps: Dependencies, viewer: Viewer, device_id: str, *, enabled: bool) -> DeviceView:
    """Revoke a device, or let it in again."""
    require(viewer, Permission.PROVISION)
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        require_harmless(viewer, row, {"enabled": enabled})
        row = devices.update_device(session, device_id, {"enabled": enabled})
        _audit(session, deps, viewer, "device.enable" if enabled else "device.revoke", row)
        return _view(viewer, row)


def command_device(deps: Dependencies, viewer: Viewer, device_id: str, given: NewCommand) -> CommandView:
    """Ask something of a device; it is delivered when the device is next connected, until it expires."""
    require(viewer, Permission.COMMAND_DEVICES)
    check_command(given)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        command = devices.queue_command(
            session,
            device_id=device_id,
            name=given.name,
            now_ms=now_ms,
            expires_at_ms=now_ms + given.expires_in_s * SECOND_MS,
            arguments=given.arguments,
            asked_by=viewer.user_id,
        )
        _audit(session, deps, viewer, f"device.{given.name}", row)
        return command_view(command, now_ms)


def list_commands(deps: Dependencies, viewer: Viewer, device_id: str, *, limit: int = 50) -> list[CommandView]:
    """Return what was last asked of a device, newest first."""
    with visit_device(deps, viewer, device_id, "device.commands", permission=Permission.COMMAND_DEVICES) as visit:
        asked = select(DeviceCommand).where(DeviceCommand.device_id == device_id)
        newest = asked.order_by(DeviceCommand.created_at_ms.desc(), DeviceCommand.id).limit(limit)
        return [command_view(command, visit.now_ms) for command in visit.session.scalars(newest)]


def _check_assignable(session: Session, viewer: Viewer, resident_id: str) -> None:
    if not resident_id:
        return
    if viewer.role is Role.VENDOR:
        raise ForbiddenError("a vendor may not say whom a device belongs to")
    visible_resident(session, viewer, resident_id)


def _audit(session: Session, deps: Dependencies, viewer: Viewer, action: str, row: Device) -> None:
    resident_id = row.resident_id or ""
    record(session, viewer, action, now_ms=deps.clock.now_ms(), resident_id=resident_id, object_id=row.id)


def _names(visit: Visit, rows: Sequence[Device]) -> dict[str, str]:
    if not visit.viewer.may(Permission.READ_HEALTH):
        return {}
    wanted = select(Resident.id, Resident.name).where(Resident.id.in_({row.resident_id for row in rows}))
    return {row[0]: row[1] for row in visit.session.execute(wanted)}


def _notes(session: Session, device_ids: Sequence[str]) -> dict[str, list[DoorNoteView]]:
    """Return what devices say in vain, by device, the newest first."""
    notes: dict[str, list[DoorNoteView]] = {}
    wanted = select(DeviceNote).where(DeviceNote.device_id.in_(device_ids)).order_by(DeviceNote.at_ms.desc())
    for note in session.scalars(wanted):
        view = DoorNoteView(kind=note.kind, times=note.times, last=note.last, at_ms=note.at_ms)
        notes.setdefault(note.device_id, []).append(view)
    return notes


def _view(viewer: Viewer, row: Device, resident_name: str = "", notes: Sequence[DoorNoteView] = ()) -> DeviceView:
    return DeviceView(
        id=row.id,
        codec=row.codec,
        model=row.model,
        firmware=row.firmware,
        vendor=row.vendor,
        resident_id=(row.resident_id or "") if viewer.may(Permission.READ_HEALTH) else "",
        resident_name=resident_name,
        assigned=row.resident_id is not None,
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
        notes=list(notes),
    )
