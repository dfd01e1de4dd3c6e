"""Residents, and the limits that differ from the rules' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import checked_id, new_id
from anhu.registry.errors import StaleError, TakenError
from anhu.registry.facts import trimmed
from anhu.registry.flags import check_flags
from anhu.registry.rows import add_new, change, existing
from anhu.registry.tables import Centre, Resident, Team
from anhu.registry.tiers import check_tier
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
        "tier",
        "external_number",
        "region_code",
    }
)
_TEXTS = _CHANGEABLE - {"name", "flags", "centre_id", "team_id", "active"}


def create_resident(
    session: Session,
    *,
    name: str,
    now_ms: int,
    resident_id: str = "",
    centre_id: str | None = None,
    team_id: str | None = None,
    flags: Sequence[str] = (),
    **texts: str,
) -> Resident:
    """Add a resident; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`.

    Parameters
    ----------
    texts
        The other facts that may be changed, ``birth_date``, ``address``...; those left out are empty.
    """
    chosen = checked_id(resident_id or new_id("r"), field="resident_id")
    _check_references(session, {"centre_id": centre_id, "team_id": team_id})
    check_flags(flags)
    check_time_zone(texts.get("time_zone", ""))
    check_tier("tier", texts.get("tier", ""))
    require_own_number(session, chosen, centre_id or None, texts.get("external_number", ""))
    row = Resident(
        id=chosen,
        name=name,
        flags=list(flags),
        centre_id=centre_id or None,
        team_id=team_id or None,
        active=True,
        created_at_ms=now_ms,
        revision=1,
        **(dict.fromkeys(_TEXTS, "") | texts),
    )
    return add_new(session, row, chosen)


def update_resident(
    session: Session, resident_id: str, changes: Mapping[str, object], *, revision: int | None = None
) -> Resident:
    """Change some of a resident's facts.

    Parameters
    ----------
    revision : int, optional
        What was changed: where it is another one by now, somebody else was first. None: whatever it is. [-]

    Raises
    ------
    MissingRowError, FieldError, StaleError
    """
    row = existing(session, Resident, resident_id, lock=True)
    if revision is not None and revision != row.revision:
        raise StaleError("resident", resident_id, revision, row.revision)
    _check_references(session, changes)
    check_flags(cast("Sequence[str]", changes.get("flags") or ()))
    check_time_zone(str(changes.get("time_zone") or ""))
    check_tier("tier", str(changes.get("tier") or ""))
    if {"external_number", "centre_id"} & set(changes):
        number, centre_id = (changes.get(name, getattr(row, name)) for name in ("external_number", "centre_id"))
        require_own_number(session, resident_id, str(centre_id or "") or None, str(number))
    change(session, row, changes, _CHANGEABLE)
    row.revision += 1
    touch_resident(session, resident_id)
    return row


def require_own_number(session: Session, resident_id: str, centre_id: str | None, number: str) -> None:
    """Raise `TakenError` for a number by which another resident of the same centre is known."""
    if not trimmed(number):
        return
    others = select(Resident.id).where(Resident.external_number == trimmed(number), Resident.id != resident_id)
    if session.scalar(others.where(Resident.centre_id.is_not_distinct_from(centre_id)).limit(1)) is not None:
        raise TakenError("external_number", trimmed(number))


def _check_references(session: Session, values: Mapping[str, object]) -> None:
    places: Sequence[tuple[str, type[Centre | Team]]] = (("centre_id", Centre), ("team_id", Team))
    for name, table in places:
        referred = values.get(name)
        if referred and existing(session, table, str(referred)).closed_at_ms is not None:
            raise FieldError(name, referred, "one that is not closed", zh="未关闭的机构")
