"""Claim codes: eight letters and digits on a device's box, in which none can be taken for another."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.device_tables import DeviceClaim
from anhu.registry.errors import MissingRowError

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHARS = 8
_MISREAD = str.maketrans({"U": "V"})


def new_code() -> str:
    """Return a code: 39 random bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_CHARS))


def shown_code(code: str) -> str:
    """Return a code as it is printed: ``ABCD-2345``."""
    return f"{code[:4]}-{code[4:]}"


def typed_code(text: str) -> str:
    """Return the code that was typed or scanned, with what people add to it taken away. Raises `FieldError`."""
    last = text.strip().rstrip("/").rpartition("=")[2].rpartition("/")[2]
    code = "".join(one for one in last.upper() if one.isalnum()).translate(_MISREAD)
    if len(code) != _CHARS or not set(code) <= set(_LETTERS):
        raise FieldError("code", text[:40], "the eight characters on the box, as ABCD-2345", zh="盒上的 8 位领用码")
    return code


def claim_code(session: Session, device_id: str, now_ms: int) -> str:
    """Return a device's code, made now if it has none. [ms]."""
    return claim_codes(session, [device_id], now_ms)[device_id]


def claim_codes(session: Session, device_ids: Sequence[str], now_ms: int) -> Mapping[str, str]:
    """Return device -> its code, made now for those that have none. [ms]."""
    found = {row.device_id: row.code for row in _claims(session, device_ids)}
    for device_id in device_ids:
        if device_id not in found:
            row = DeviceClaim(code=new_code(), device_id=device_id, made_at_ms=now_ms)
            session.add(row)
            found[device_id] = row.code
    session.flush()
    return found


def device_of(session: Session, code: str) -> str:
    """Return whose code it is. Raises `MissingRowError`."""
    row = session.get(DeviceClaim, code)
    if row is None:
        raise MissingRowError("device_claim", code)
    return row.device_id


def _claims(session: Session, device_ids: Sequence[str]) -> list[DeviceClaim]:
    found: list[DeviceClaim] = []
    for start in range(0, len(device_ids), 500):
        part = device_ids[start : start + 500]
        found += session.scalars(select(DeviceClaim).where(DeviceClaim.device_id.in_(part)))
    return found
