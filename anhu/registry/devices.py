"""Devices: enrolled, assigned, given a secret, revoked."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id, new_id, spelled
from anhu.contract.identity import device_id as checked_device_id
from anhu.registry.binding_history import forget_commands, note_binding, present_binding
from anhu.registry.product_tables import Product
from anhu.registry.rows import add_new, change, existing
from anhu.registry.secret_vault import SecretVault
from anhu.registry.tables import Device, DeviceCommand, Resident
from anhu.registry.versions import next_version, touch_resident

_CHANGEABLE = frozenset(
    {
        "codec",
        "model",
        "firmware",
        "vendor",
        "position",
        "room",
        "report_period_s",
        "alarms",
        "enabled",
        "child_name",
        "product_id",
        "shared",
    }
)
_SECRET_BYTES = 24


def new_secret() -> str:
    """Return a fresh device secret: 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_signing_secret() -> str:
    """Return a fresh secret to sign with: 192 random bits in base64, which some families take their keys from."""
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def secret_digest(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def create_device(
    session: Session,
    *,
    device_id: str,
    codec: str = "",
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
    product_id: str = "",
    by: str = "",
) -> Device:
    """Enrol a device. Its silence is watched from now on, seen or not.

    A sensor behind a gateway is its gateway's resident's, unless another one is named: its calls must reach somebody.
    Of vendor, model and codec, what is left out is its product's: else its vendor would not see it.
    Raises `TakenError`, `MissingRowError`, `FieldError`.

    Parameters
    ----------
    secret : str
        What it will log in with (`new_secret`); empty when it may not connect itself (a sensor behind a gateway).
    alarms : sequence of str
        Which calls for help it can make: ``sos``, ``fall``, ``smoke``.
    """
    chosen, child_name = checked_device_id(device_id), spelled(child_name)
    _check_references(session, resident_id, parent_id)
    _require_not_another(session, chosen, parent_id, child_name)
    facts = {"codec": codec, "model": model, "vendor": vendor, "product_id": product_id, "position": position}
    row = Device(
        id=chosen,
        **with_product(facts, _product(session, product_id)),
        secret_sha256=secret_digest(secret) if secret else b"",
        resident_id=resident_id or _of_gateway(session, parent_id),
        parent_id=parent_id or None,
        child_name=child_name,
        room=room,
        report_period_s=report_period_s,
        alarms=list(alarms),
        enrolled_at_ms=now_ms,
        version=next_version(session),
    )
    add_new(session, row, chosen)
    note_binding(session, chosen, row.resident_id, None, now_ms=now_ms, by=by)
    _touch(session, row)
    return row


def with_product(facts: Mapping[str, Any], product: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of a device; what it lacks of codec, vendor and model is its product's."""
    return {**facts, **{name: facts[name] or product.get(name, "") for name in ("codec", "vendor", "model")}}


def update_device(session: Session, device_id: str, changes: Mapping[str, object]) -> Device:
    """Change some of a device's facts. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Device, device_id, lock=True)
    if isinstance(name := changes.get("child_name"), str):
        changes = {**changes, "child_name": spelled(name)}
    change(session, row, changes, _CHANGEABLE)
    if row.enabled:
        _require_own_name(session, row.id, row.parent_id, row.child_name)
    _touch(session, row)
    return row


def followers(session: Session, gateway: Device) -> Sequence[Device]:
    """Return what is behind a gateway and watches the same resident, or like it nobody: it moves with the gateway."""
    same = Device.resident_id.is_not_distinct_from(gateway.resident_id)
    return session.scalars(select(Device).where(Device.parent_id == gateway.id, same).order_by(Device.id)).all()


def assign_device(
    session: Session,
    device_id: str,
    resident_id: str | None,
    *,
    now_ms: int,
    place_id: str | Literal[False] | None = False,
    by: str = "",
) -> Device:
    """Give a device to a resident, or to nobody, with its `followers`; its silence is watched anew from now.

    A sensor behind a gateway is never nobody's while its gateway is somebody's. What was asked of the device for its
    former wearer and is not delivered yet ends.

    Parameters
    ----------
    place_id : str or None
        At which bed or in which room it stands; None: at none; not given: where it stood.
    by : str
        The user who gives it, for its history.

    Raises
    ------
    MissingRowError
        If device or resident do not exist.
    """
    row = existing(session, Device, device_id, lock=True)
    _check_references(session, resident_id, None)
    former = row.resident_id
    given = resident_id or _of_gateway(session, row.parent_id)
    stands = place_id
    if stands is False:
        now = present_binding(session, device_id)
        stands = now.place_id if now is not None else None
    for moved in (*followers(session, row), row):
        if moved.resident_id != given:
            forget_commands(session, moved.id, now_ms)
        moved.resident_id = given
        moved.enrolled_at_ms = now_ms
        note_binding(session, moved.id, given, stands if moved is row else None, now_ms=now_ms, by=by)
        _touch(session, moved)
    if former and former != row.resident_id:
        touch_resident(session, former)
    return row


def rotate_secret(session: Session, device_id: str, secret: str, vault: SecretVault | None = None) -> Device:
    """Replace a device's secret; the old one stops working at once. Raises `MissingRowError`.

    Parameters
    ----------
    vault : SecretVault, optional
        Keeps it so that it can be read again too: for a broker that is told of it, and as a pre-shared key of TLS.
    """
    row = existing(session, Device, device_id, lock=True)
    row.secret_sha256 = secret_digest(secret)
    row.secret_sealed = vault.seal(secret, f"device:{row.id}") if vault is not None else b""
    _touch(session, row)
    return row


def give_signing_secret(session: Session, vault: SecretVault, device_id: str, secret: str) -> Device:
    """Give a device a secret that it signs its log-ins with, and no other; the former one ends.

    It is kept so that it can be read again, since a digest could check no signature. Raises `MissingRowError`.
    """
    row = existing(session, Device, device_id, lock=True)
    row.secret_sha256, row.secret_sealed = b"", vault.seal(secret, f"device:{row.id}")
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
    asked_by: str = "",
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
        asked_by=asked_by,
    )
    return add_new(session, row, row.id)


def _touch(session: Session, row: Device) -> None:
    """Mark the device, its gateway (which lists it) and its resident's other devices as changed."""
    session.flush()
    version = next_version(session)
    row.version = version
    if row.parent_id:
        gateway = existing(session, Device, row.parent_id)
        gateway.version = version
        if gateway.parent_id:  # an edge gateway lists what is behind a gateway of its home
            existing(session, Device, gateway.parent_id).version = version
    session.flush()
    if row.resident_id:
        touch_resident(session, row.resident_id)


def _product(session: Session, product_id: str) -> dict[str, str]:
    row = session.get(Product, product_id) if product_id else None
    return {"codec": row.codec, "vendor": row.vendor, "model": row.model} if row is not None else {}


def _of_gateway(session: Session, parent_id: str | None) -> str | None:
    return existing(session, Device, parent_id).resident_id if parent_id else None


def _require_not_another(session: Session, device_id: str, parent_id: str | None, child_name: str) -> None:
    """Refuse an identity or a name by which another sensor goes already, or would go if it were not registered."""
    parts = device_id.split(":")
    gateways = {":".join(parts[:n]) for n in range(1, len(parts))}
    if parent_id in gateways and device_id != child_device_id(parent_id, child_name):
        raise FieldError("id", device_id, f"{child_device_id(parent_id, child_name)}, or one without its gateway's")
    others = Device.id.in_(gateways - {parent_id}) | (
        Device.id.startswith(f"{device_id}:", autoescape=True) & Device.parent_id.is_distinct_from(device_id)
    )
    if (other := session.scalar(select(Device.id).where(others).limit(1))) is not None:
        raise FieldError("id", device_id, f"an identity that does not share its beginning and a colon with {other}")
    _require_own_name(session, device_id, parent_id, child_name)


def _require_own_name(session: Session, device_id: str, parent_id: str | None, child_name: str) -> None:
    """Refuse a second sensor of one name behind one gateway: what both say would be one sensor's."""
    if not parent_id or not child_name:
        return
    existing(session, Device, parent_id, lock=True)  # two at one moment are one after the other
    same = (Device.parent_id == parent_id, Device.child_name == child_name, Device.id != device_id, Device.enabled)
    if (other := session.scalar(select(Device.id).where(*same).limit(1))) is not None:
        raise FieldError("child_name", child_name, f"a name of its own behind this gateway: {other} has it")


def _check_references(session: Session, resident_id: str | None, parent_id: str | None) -> None:
    if resident_id:
        existing(session, Resident, resident_id)
    if parent_id:
        existing(session, Device, parent_id)
