"""Limits of one resident that differ from the rules' own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from alerts.limits import check_limit
from alerts.tables import ResidentLimit
from anhu.contract.identity import new_id
from anhu.registry.rows import add_new, existing
from anhu.registry.tables import Resident
from anhu.registry.versions import next_version, touch_resident


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
