"""Residents, and the limits that differ from the rules' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import checked_id, new_id
from anhu.registry.flags import check_flags
from anhu.registry.rows import add_new, change, existing
from anhu.registry.tables import Centre, Resident, Team
from anhu.registry.time_zones import check_time_zone
from anhu.registry.versions import touch_resident

_CHANGEABLE = frozenset(
    {
        "name",
        "sex",
        "birth_date",
        "address",
        "phone",
        "access_note",
        "flags",
        "centre_id",
        "team_id",
        "active",
        "time_zone",
    }
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
    time_zone: str = "",
) -> Resident:
    """Add a resident; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`."""
    chosen = checked_id(resident_id or new_id("r"), field="resident_id")
    _check_references(session, {"centre_id": centre_id, "team_id": team_id})
    check_flags(flags)
    check_time_zone(time_zone)
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
        time_zone=time_zone,
    )
    return add_new(session, row, chosen)


def update_resident(session: Session, resident_id: str, changes: Mapping[str, object]) -> Resident:
    """Change some of a resident's facts. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Resident, resident_id, lock=True)
    _check_references(session, changes)
    check_flags(cast("Sequence[str]", changes.get("flags") or ()))
    check_time_zone(str(changes.get("time_zone") or ""))
    change(session, row, changes, _CHANGEABLE)
    touch_resident(session, resident_id)
    return row


def _check_references(session: Session, values: Mapping[str, object]) -> None:
    places: Sequence[tuple[str, type[Centre | Team]]] = (("centre_id", Centre), ("team_id", Team))
    for name, table in places:
        referred = values.get(name)
        if referred and existing(session, table, str(referred)).closed_at_ms is not None:
            raise FieldError(name, referred, "one that is not closed", zh="未关闭的机构")
