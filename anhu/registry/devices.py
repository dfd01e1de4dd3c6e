"""Devices: enrolled, assigned, given a secret, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.identity import device_id as checked_device_id
from anhu.contract.identity import new_id
from anhu.registry.rows import add_new, change, existing
from anhu.registry.tables import Device, DeviceCommand, Resident
from anhu.registry.versions import next_version, touch_resident

_CHANGEABLE = frozenset(
    {"codec", "model", "vendor", "position", "room", "report_period_s", "alarms", "enabled", "child_name"}
)
_SECRET_BYTES = 24


def new_secret() -> str:
    """Return a fresh device secret: 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def secret_digest(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def create_device(
    session: Session,
    *,
    device_id: str,
    codec: str,
    now_ms: int,
    secret: str = "",
    resident_id: str | None = None,
    parent_id: str | None = None,
    child_name: str = "",
    model: str = "",
    vendor: str = "",
    position: str = "",
    room: str = "",
    report_period_s: float = 0.0,
    alarms: Sequence[str] = (),
) -> Device:
    """Enrol a device. Its silence is watched from now on, seen or not.

    Parameters
    ----------
    secret : str
        What it will log in with (`new_secret`); empty when it may not connect itself (a sensor behind a gateway).
    alarms : sequence of str
        Which calls for help it can make: ``sos``, ``fall``, ``smoke``.

    Raises
    ------
    TakenError, MissingRowError, FieldError
        If the identity is in use, resident or parent do not exist, or the identity is malformed.
    """
    chosen = checked_device_id(device_id)
    _check_references(session, resident_id, parent_id)
    row = Device(
        id=chosen,
        codec=codec,
        model=model,
        vendor=vendor,
        secret_sha256=secret_digest(secret) if secret else b"",
        resident_id=resident_id or None,
        parent_id=parent_id or None,
        child_name=child_name,
        position=position,
        room=room,
        report_period_s=report_period_s,
        alarms=list(alarms),
        enabled=True,
        enrolled_at_ms=now_ms,
        version=next_version(session),
    )
    add_new(session, row, chosen)
    _touch(session, row)
    return row


def update_device(session: Session, device_id: str, changes: Mapping[str, object]) -> Device:
    """Change some of a device's facts. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Device, device_id, lock=True)
    change(session, row, changes, _CHANGEABLE)
    _touch(session, row)
    return row


def followers(session: Session, gateway: Device) -> Sequence[Device]:
    """Return what is behind a gateway and watches the same resident, or like it nobody: it moves with the gateway."""
    same = Device.resident_id.is_not_distinct_from(gateway.resident_id)
    return session.scalars(select(Device).where(Device.parent_id == gateway.id, same).order_by(Device.id)).all()


def assign_device(session: Session, device_id: str, resident_id: str | None, *, now_ms: int) -> Device:
    """Give a device to a resident, or to nobody, with its `followers`; its silence is watched anew from now.

    Raises
    ------
    MissingRowError
        If device or resident do not exist.
    """
    row = existing(session, Device, device_id, lock=True)
    _check_references(session, resident_id, None)
    former = row.resident_id
    for moved in (*followers(session, row), row):
        moved.resident_id = resident_id or None
        moved.enrolled_at_ms = now_ms
        _touch(session, moved)
    if former and former != row.resident_id:
        touch_resident(session, former)
    return row


def rotate_secret(session: Session, device_id: str, secret: str) -> Device:
    """Replace a device's secret; the old one stops working at once. Raises `MissingRowError`."""
    row = existing(session, Device, device_id, lock=True)
    row.secret_sha256 = secret_digest(secret)
    _touch(session, row)
    return row


def queue_command(
    session: Session,
    *,
    device_id: str,
    name: str,
    now_ms: int,
    expires_at_ms: int,
    arguments: Mapping[str, str | float] | None = None,
) -> DeviceCommand:
    """Ask something of a device; the front door delivers it until it expires. Raises `MissingRowError`. [ms]."""
    existing(session, Device, device_id)
    row = DeviceCommand(
        id=new_id("k"),
        device_id=device_id,
        name=name,
        arguments=dict(arguments or {}),
        created_at_ms=now_ms,
        expires_at_ms=expires_at_ms,
    )
    return add_new(session, row, row.id)


def _touch(session: Session, row: Device) -> None:
    """Mark the device, its gateway (which lists it) and its resident's other devices as changed."""
    session.flush()
    version = next_version(session)
    row.version = version
    if row.parent_id:
        existing(session, Device, row.parent_id).version = version
    session.flush()
    if row.resident_id:
        touch_resident(session, row.resident_id)


def _check_references(session: Session, resident_id: str | None, parent_id: str | None) -> None:
    if resident_id:
        existing(session, Resident, resident_id)
    if parent_id:
        existing(session, Device, parent_id)
