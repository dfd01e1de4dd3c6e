"""Residents, and the limits that differ from the rules' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy.orm import Session

from alerts.flags import check_flags
from alerts.limits import check_limit
from alerts.model import Centre, Resident, ResidentLimit, Team
from alerts.repository.rows import add_new, change, existing
from alerts.repository.versions import next_version, touch_resident
from gateway.contract.identity import checked_id, new_id

_CHANGEABLE = frozenset(
    {"name", "sex", "birth_date", "address", "phone", "access_note", "flags", "centre_id", "team_id", "active"}
)


def create_resident(
    session: Session,
    *,
    name: str,
    now_ms: int,
    resident_id: str = "",
    centre_id: str | None = None,
    team_id: str | None = None,
    sex: str = "",
    birth_date: str = "",
    address: str = "",
    phone: str = "",
    access_note: str = "",
    flags: Sequence[str] = (),
) -> Resident:
    """Add a resident; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`."""
    chosen = checked_id(resident_id or new_id("r"), field="resident_id")
    _check_references(session, {"centre_id": centre_id, "team_id": team_id})
    check_flags(flags)
    row = Resident(
        id=chosen,
        name=name,
        sex=sex,
        birth_date=birth_date,
        address=address,
        phone=phone,
        access_note=access_note,
        flags=list(flags),
        centre_id=centre_id or None,
        team_id=team_id or None,
        active=True,
        created_at_ms=now_ms,
    )
    return add_new(session, row, chosen)


def update_resident(session: Session, resident_id: str, changes: Mapping[str, object]) -> Resident:
    """Change some of a resident's facts. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Resident, resident_id, lock=True)
    _check_references(session, changes)
    check_flags(cast("Sequence[str]", changes.get("flags") or ()))
    change(session, row, changes, _CHANGEABLE)
    touch_resident(session, resident_id)
    return row


def _check_references(session: Session, values: Mapping[str, object]) -> None:
    for name, table in (("centre_id", Centre), ("team_id", Team)):
        referred = values.get(name)
        if referred:
            existing(session, table, str(referred))


def set_limit(
    session: Session,
    *,
    resident_id: str,
    name: str,
    value: float,
    set_by: str,
    now_ms: int,
    until_ms: int | None = None,
    reason: str = "",
) -> ResidentLimit:
    """Set a resident's own limit (``heart_rate_high.high_bpm``), in force at once; the last one set counts.

    Raises
    ------
    FieldError
        If no detector has such a limit, or the value is outside what a rule may be set to.
    MissingRowError
        If there is no such resident.
    """
    existing(session, Resident, resident_id)
    check_limit(name, value)
    row = ResidentLimit(
        id=new_id("l"),
        resident_id=resident_id,
        name=name,
        value=value,
        reason=reason,
        set_by=set_by,
        set_at_ms=now_ms,
        until_ms=until_ms,
        version=next_version(session),
    )
    add_new(session, row, row.id)
    touch_resident(session, resident_id)
    return row


def end_limit(session: Session, limit_id: str, *, now_ms: int) -> ResidentLimit:
    """Let a limit end now; it stays on record. Raises `MissingRowError`. [ms]."""
    row = existing(session, ResidentLimit, limit_id, lock=True)
    row.until_ms = now_ms
    row.version = next_version(session)
    session.flush()
    touch_resident(session, row.resident_id)
    return row
