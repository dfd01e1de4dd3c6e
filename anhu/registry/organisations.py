"""Organisations, the centres and family-doctor teams that they run, and closing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from anhu.contract.identity import checked_id, new_id
from anhu.registry.errors import InUseError
from anhu.registry.rows import add_new, change, existing
from anhu.registry.tables import Base, Centre, Organisation, Resident, Team, User
from anhu.registry.time_zones import check_time_zone
from anhu.registry.versions import touch_centre

Place: TypeAlias = Organisation | Centre | Team
PlaceT = TypeVar("PlaceT", Organisation, Centre, Team)
_NAMED = 5
_HEARD = frozenset({"time_zone", "region_code", "organisation_id"})
"""What of a centre is heard of at once by whoever serves its residents: their clock, their county."""
_CHANGEABLE = {
    Organisation: frozenset({"name", "region_code"}),
    Centre: frozenset({"name", "region_code", "phone", "time_zone", "organisation_id"}),
    Team: frozenset({"name", "region_code", "code", "centre_id", "organisation_id"}),
}


def create_organisation(
    session: Session, *, name: str, organisation_id: str = "", region_code: str = ""
) -> Organisation:
    """Add who runs centres and teams; an empty identity is made up. Raises `TakenError`, `FieldError`."""
    chosen = checked_id(organisation_id or new_id("o"), field="organisation_id")
    return add_new(session, Organisation(id=chosen, name=name, region_code=region_code), chosen)


def create_centre(
    session: Session,
    *,
    name: str,
    centre_id: str = "",
    region_code: str = "",
    phone: str = "",
    time_zone: str = "",
    organisation_id: str | None = None,
) -> Centre:
    """Add a community centre; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`."""
    chosen = checked_id(centre_id or new_id("c"), field="centre_id")
    check_time_zone(time_zone)
    _check_referred(session, organisation_id=organisation_id)
    row = Centre(
        id=chosen,
        name=name,
        region_code=region_code,
        phone=phone,
        time_zone=time_zone,
        organisation_id=organisation_id or None,
    )
    return add_new(session, row, chosen)


def set_time_zone(session: Session, centre_id: str, time_zone: str) -> Centre:
    """Say by whose clock a centre's residents live, own ones excepted. Raises `MissingRowError`, `FieldError`."""
    return update_place(session, Centre, centre_id, {"time_zone": time_zone})


def create_team(
    session: Session,
    *,
    name: str,
    team_id: str = "",
    centre_id: str | None = None,
    organisation_id: str | None = None,
    code: str = "",
    region_code: str = "",
) -> Team:
    """Add a family-doctor team; an empty identity is made up. Raises `TakenError`, `MissingRowError`, `FieldError`."""
    chosen = checked_id(team_id or new_id("t"), field="team_id")
    _check_referred(session, centre_id=centre_id, organisation_id=organisation_id)
    row = Team(
        id=chosen,
        name=name,
        centre_id=centre_id or None,
        organisation_id=organisation_id or None,
        code=code,
        region_code=region_code,
    )
    return add_new(session, row, chosen)


def update_place(session: Session, table: type[PlaceT], place_id: str, changes: Mapping[str, object]) -> PlaceT:
    """Change some facts of an organisation, centre or team. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, table, place_id, lock=True)
    made = dict(changes)
    for name in ("centre_id", "organisation_id"):
        if name in made:
            made[name] = made[name] or None
            _check_referred(session, **{name: str(made[name] or "")})
    if "time_zone" in made:
        check_time_zone(str(made["time_zone"]))
    heard = {name for name in _HEARD & made.keys() if getattr(row, name) != made[name]}
    change(session, row, made, _CHANGEABLE[table])
    # Each device of a centre is written: tens of thousands of rows, for nothing where nothing that they hear changed.
    if table is Centre and heard:
        touch_centre(session, place_id)
    if table is Organisation and "region_code" in heard:
        for centre_id in session.scalars(select(Centre.id).where(Centre.organisation_id == place_id)).all():
            touch_centre(session, centre_id)
    return row


def close_place(session: Session, table: type[Place], place_id: str, *, now_ms: int) -> Place:
    """Let a place run nothing any more. Raises `InUseError` while residents, users or places hang on it. [ms]."""
    row = existing(session, table, place_id, lock=True)
    holding = {kind: found for kind, found in _holding(session, table, place_id).items() if found[1]}
    if holding:
        raise InUseError(row.__tablename__, place_id, holding)
    row.closed_at_ms = row.closed_at_ms or now_ms
    session.flush()
    return row


def reopen_place(session: Session, table: type[Place], place_id: str) -> Place:
    """Let a closed place be used again. Raises `MissingRowError`."""
    row = existing(session, table, place_id, lock=True)
    row.closed_at_ms = None
    session.flush()
    return row


def _holding(session: Session, table: type[Base], place_id: str) -> dict[str, tuple[list[str], int]]:
    """Return what hangs on a place: the first names, and how many."""
    residents = {Centre: Resident.centre_id, Team: Resident.team_id}
    members = {Centre: User.centre_id, Team: User.team_id}
    found = {}
    if table in residents:
        found["residents"] = _names(session, Resident, (residents[table] == place_id) & Resident.active)
        found["users"] = _names(session, User, (members[table] == place_id) & User.enabled)
    if table is Centre:
        found["teams"] = _names(session, Team, (Team.centre_id == place_id) & Team.closed_at_ms.is_(None))
    if table is Organisation:
        of_this = Centre.organisation_id == place_id
        found["centres"] = _names(session, Centre, of_this & Centre.closed_at_ms.is_(None))
        run = Team.organisation_id == place_id
        found["teams"] = _names(session, Team, run & Team.closed_at_ms.is_(None))
    return found


def _names(
    session: Session, table: type[Resident | User | Centre | Team], condition: ColumnElement[bool]
) -> tuple[list[str], int]:
    total = session.scalar(select(func.count()).select_from(table).where(condition)) or 0
    first = select(table.name).where(condition).order_by(table.id).limit(_NAMED)
    return list(session.scalars(first)), total


def _check_referred(session: Session, *, centre_id: str | None = None, organisation_id: str | None = None) -> None:
    if centre_id:
        existing(session, Centre, centre_id)
    if organisation_id:
        existing(session, Organisation, organisation_id)
