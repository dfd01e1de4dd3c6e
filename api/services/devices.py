"""Devices: register, assign, rotate the secret, revoke, ask for something."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract import relay
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from anhu.registry import devices
from anhu.registry.claim_codes import claim_code, shown_code
from anhu.registry.product_tables import Product
from anhu.registry.roles import Role
from anhu.registry.tables import Device, DeviceCommand
from api.dependencies import Dependencies
from api.errors import ForbiddenError
from api.schemas.base import Page
from api.schemas.devices import CommandView, DeviceChange, DeviceSecret, DeviceView, NewCommand, NewDevice
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_device, visible_devices, visible_products, visible_resident
from api.services.command_rules import check_command
from api.services.command_states import command_view
from api.services.device_consent import require_harmless
from api.services.device_secrets import give_secret
from api.services.device_views import device_views, one_view, present_since_ms
from api.services.paging import decode_cursor, encode_cursor
from api.visit import ResidentVisit, visit_device, visit_many


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
        items = device_views(visit, rows[:limit])
        return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


def read_device(deps: Dependencies, viewer: Viewer, device_id: str) -> DeviceView:
    """Return one device."""
    with visit_device(deps, viewer, device_id, "device.read", permission=Permission.READ_DEVICES) as visit:
        return device_views(visit, [visit.device])[0]


def devices_of(visit: ResidentVisit, *, limit: int) -> list[DeviceView]:
    """Return the visited resident's devices that are let in, by identity."""
    wanted = select(Device).where(Device.resident_id == visit.resident_id, Device.enabled)
    rows = visit.session.scalars(wanted.order_by(Device.id).limit(limit)).all()
    return device_views(visit, rows)


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
    values = given.model_dump(exclude={"id"})
    values["resident_id"] = given.resident_id or None
    values["parent_id"] = given.parent_id or None
    if viewer.role is Role.VENDOR:
        values["vendor"] = viewer.vendor
    _require_seen(viewer, given)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        _check_assignable(session, viewer, given.resident_id)
        if given.parent_id:
            visible_device(session, viewer, given.parent_id)
        values |= _of_product(session, viewer, given)
        if values["codec"] not in deps.codecs:
            raise FieldError("codec", given.codec, f"one of {', '.join(sorted(deps.codecs))}")
        by = viewer.user_id
        row = devices.create_device(session, device_id=given.id, now_ms=now_ms, by=by, **values)
        secret = (
            ""
            if given.parent_id
            else give_secret(session, deps.secrets, row, signs=row.codec in deps.signing, kept=deps.keeps_secrets)
        )
        code = claim_code(session, row.id, now_ms)
        _audit(session, deps, viewer, "device.create", row)
        view = one_view(viewer, row, now_ms)
        return DeviceSecret(**view.model_dump(), secret=secret, claim_code=shown_code(code))


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
            now_ms, by = deps.clock.now_ms(), viewer.user_id
            row = devices.assign_device(session, device_id, resident_id, now_ms=now_ms, place_id=None, by=by)
            for moved in behind:
                _audit(session, deps, viewer, "device.follow", moved)
        _audit(session, deps, viewer, "device.change", row)
        return one_view(viewer, row, deps.clock.now_ms())


def rotate_secret(deps: Dependencies, viewer: Viewer, device_id: str) -> DeviceSecret:
    """Replace a device's secret; the old one stops working at once."""
    require(viewer, Permission.PROVISION)
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        require_harmless(viewer, row, {"secret": ""})
        signs = row.codec in deps.signing and not row.secret_sha256
        secret = give_secret(session, deps.secrets, row, signs=signs, kept=deps.keeps_secrets)
        _audit(session, deps, viewer, "device.rotate", row)
        now_ms = deps.clock.now_ms()
        code = claim_code(session, row.id, now_ms)
        view = one_view(viewer, row, now_ms)
        return DeviceSecret(**view.model_dump(), secret=secret, claim_code=shown_code(code))


def set_device_enabled(deps: Dependencies, viewer: Viewer, device_id: str, *, enabled: bool) -> DeviceView:
    """Revoke a device, or let it in again."""
    require(viewer, Permission.PROVISION)
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        require_harmless(viewer, row, {"enabled": enabled})
        row = devices.update_device(session, device_id, {"enabled": enabled})
        _audit(session, deps, viewer, "device.enable" if enabled else "device.revoke", row)
        return one_view(viewer, row, deps.clock.now_ms())


def command_device(deps: Dependencies, viewer: Viewer, device_id: str, given: NewCommand) -> CommandView:
    """Ask something of a device; it is delivered when the device is next connected, until it expires."""
    require(viewer, Permission.COMMAND_DEVICES)
    check_command(given)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = visible_device(session, viewer, device_id)
        _require_reached(session, row)
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
        since_ms = present_since_ms(visit.session, visit.device)  # what the former wearer was asked is no business
        asked = select(DeviceCommand).where(
            DeviceCommand.device_id == device_id, DeviceCommand.created_at_ms >= since_ms
        )
        newest = asked.order_by(DeviceCommand.created_at_ms.desc(), DeviceCommand.id).limit(limit)
        return [command_view(command, visit.now_ms) for command in visit.session.scalars(newest)]


def _require_reached(session: Session, row: Device) -> None:
    """Refuse what would only expire: no command passes an edge gateway. Raises `FieldError`."""
    gateway = session.get(Device, row.parent_id) if row.parent_id else None
    if gateway is not None and gateway.codec == relay.CODEC:
        expected = "a device that the centre reaches: no command passes an edge gateway"
        raise FieldError("device", row.id, expected, zh="平台可直达的设备：指令不能经过边缘网关")


def _check_assignable(session: Session, viewer: Viewer, resident_id: str) -> None:
    if not resident_id:
        return
    if viewer.role is Role.VENDOR:
        raise ForbiddenError("a vendor may not say whom a device belongs to")
    visible_resident(session, viewer, resident_id)


def _require_seen(viewer: Viewer, given: NewDevice) -> None:
    """Refuse a lead a device of nobody: it would be out of sight at once. Raises `FieldError`."""
    if viewer.role is Role.DESK and not given.resident_id and not given.parent_id:
        raise FieldError("resident_id", "", "a resident of your centre", zh="您中心的服务对象")


def _of_product(session: Session, viewer: Viewer, given: NewDevice) -> dict[str, str]:
    """Return what a device has of its product. Raises `FieldError` for one that is not the viewer's, or is off."""
    if not given.product_id:
        return {}
    product = session.scalar(
        select(Product).where(Product.id == given.product_id, Product.enabled, visible_products(viewer))
    )
    if product is None:
        raise FieldError("product_id", given.product_id, "a product in use", zh="启用中的产品")
    return {"codec": product.codec, "vendor": product.vendor}


def _audit(session: Session, deps: Dependencies, viewer: Viewer, action: str, row: Device) -> None:
    resident_id = row.resident_id or ""
    record(session, viewer, action, now_ms=deps.clock.now_ms(), resident_id=resident_id, object_id=row.id)
