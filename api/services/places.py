"""Buildings, floors, rooms and beds of a centre; regions of China."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry import places, regions
from anhu.registry.database import reading
from anhu.registry.people_tables import Place, Stay
from anhu.registry.roles import Role
from anhu.registry.tables import Resident, Team
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.records import NewPlace, PlaceChange, PlaceView, RegionView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_residents

_MOST_REGIONS = 20
_FEW = 20_000


def find_regions(deps: Dependencies, viewer: Viewer, text: str) -> list[RegionView]:
    """Return regions by the beginning of their code or a part of their name: no secret."""
    require(viewer, Permission.READ_DEVICES)
    del deps
    return [RegionView(code=one.code, name=one.name) for one in regions.find_regions(text, most=_MOST_REGIONS)]


def list_places(deps: Dependencies, viewer: Viewer, centre_id: str = "") -> list[PlaceView]:
    """Return the places of the centres that the viewer looks after, buildings before what is in them."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        wanted = select(Place).where(_own(viewer)).order_by(Place.centre_id, Place.full_name, Place.id)
        if centre_id:
            wanted = wanted.where(Place.centre_id == centre_id)
        return _views(session, viewer, session.scalars(wanted).all())


def create_place(deps: Dependencies, viewer: Viewer, given: NewPlace) -> PlaceView:
    """Add a place to a centre that one looks after. Raises `FieldError`, `TakenError`, `MissingRowError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    values = given.model_dump()
    with deps.sessions.begin() as session:
        if viewer.role is not Role.ADMIN and given.centre_id != _centre_of(session, viewer):
            raise FieldError("centre_id", given.centre_id, "your own centre", zh="您所在的中心")
        if given.parent_id:
            _owned(session, viewer, given.parent_id)
        row = places.create_place(session, **values)
        record(session, viewer, "place.create", now_ms=deps.clock.now_ms(), object_id=row.id)
        return _views(session, viewer, [row])[0]


def change_place(deps: Dependencies, viewer: Viewer, place_id: str, given: PlaceChange) -> PlaceView:
    """Rename a place, take it out of use or use it again. Raises `TakenError` while somebody lies there."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        row = _owned(session, viewer, place_id)
        if given.name is not None:
            row = places.rename_place(session, place_id, given.name)
        if given.in_use is not None:
            row = places.reopen_place(session, place_id) if given.in_use else places.close_place(session, place_id)
        detail = {"fields": sorted(given.model_fields_set)}
        record(session, viewer, "place.change", now_ms=deps.clock.now_ms(), object_id=place_id, detail=detail)
        return _views(session, viewer, [row])[0]


def _own(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on places of the centres that the viewer looks after."""
    if viewer.role is Role.ADMIN:
        return true()
    if viewer.role is Role.DESK:
        return Place.centre_id == viewer.centre_id
    if viewer.role is Role.TEAM:
        return Place.centre_id.in_(select(Team.centre_id).where(Team.id == viewer.team_id))
    return false()


def _centre_of(session: Session, viewer: Viewer) -> str | None:
    if viewer.role is Role.TEAM:
        return session.scalar(select(Team.centre_id).where(Team.id == viewer.team_id))
    return viewer.centre_id


def _owned(session: Session, viewer: Viewer, place_id: str) -> Place:
    row = session.scalar(select(Place).where(Place.id == place_id, _own(viewer)))
    if row is None:
        raise NotFoundError(f"no place {place_id!r}")
    return row


def _views(session: Session, viewer: Viewer, rows: Sequence[Place]) -> list[PlaceView]:
    lying = (
        select(Stay.place_id, Stay.resident_id, Resident.id)
        .outerjoin(Resident, (Resident.id == Stay.resident_id) & visible_residents(viewer))
        .where(Stay.until_ms.is_(None))
    )
    if len(rows) <= _FEW:
        lying = lying.where(Stay.place_id.in_([row.id for row in rows]))
    found: dict[str, list[str]] = {}
    for place_id, _, seen in session.execute(lying):
        found.setdefault(place_id, []).append(seen or "")
    return [
        PlaceView(
            id=row.id,
            centre_id=row.centre_id,
            parent_id=row.parent_id or "",
            kind=row.kind,
            name=row.name,
            full_name=row.full_name,
            in_use=row.in_use,
            lies_here=[one for one in found.get(row.id, ()) if one],
            is_taken=row.id in found,
        )
        for row in rows
    ]
