"""Residents: who is watched, where they live, who looks after them."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from anhu.registry import residents
from anhu.registry.errors import StaleError
from anhu.registry.places import beds_of
from anhu.registry.regions import region_name
from anhu.registry.tables import Centre, Resident, Team
from anhu.registry.time_zones import zone_of_resident
from api.dependencies import Dependencies
from api.schemas.base import Page
from api.schemas.residents import NewResident, ResidentChange, ResidentView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_residents
from api.services.meanwhile import meanwhile
from api.services.own_place import own_place
from api.services.paging import decode_cursor, encode_cursor
from api.services.record_writing import RECORD, phone_of, write_record
from api.visit import ResidentVisit, visit_many, visit_resident

_PLACED = ("centre_id", "team_id")


def list_residents(
    deps: Dependencies,
    viewer: Viewer,
    *,
    name: str = "",
    centre_id: str = "",
    team_id: str = "",
    active: bool | None = True,
    cursor: str = "",
    limit: int = 50,
) -> Page[ResidentView]:
    """Return a page of the visible residents by identity; `name` finds a part of the name."""
    with visit_many(deps, viewer, "resident.list") as visit:
        query = _joined().where(visible_residents(viewer)).order_by(Resident.id).limit(limit + 1)
        for column, wanted in ((Resident.centre_id, centre_id), (Resident.team_id, team_id), (Resident.active, active)):
            if wanted not in {"", None}:
                query = query.where(column == wanted)
        if name:
            query = query.where(Resident.name.contains(name, autoescape=True))
        if after := decode_cursor(cursor, str):
            query = query.where(Resident.id > after[0])
        rows = visit.session.execute(query).all()
        beds = beds_of(visit.session, [row[0].id for row in rows])
        items = [_view(viewer, *row, bed=beds.get(row[0].id, "")) for row in rows[:limit]]
        seen = [item.id for item in items]
        visit.detail["residents"] = seen
        return Page(items=items, next_cursor=encode_cursor(seen[-1]) if len(rows) > limit else None)


def read_resident(deps: Dependencies, viewer: Viewer, resident_id: str) -> ResidentView:
    """Return one resident."""
    with visit_resident(deps, viewer, resident_id, "resident.read") as visit:
        return resident_of(visit)


def resident_of(visit: ResidentVisit) -> ResidentView:
    """Return the visited resident."""
    return one_resident(visit.session, visit.viewer, visit.resident_id)


def zone_of(visit: ResidentVisit) -> str:
    """Return the time zone in which the visited resident lives; empty for the installation's."""
    return zone_of_resident(visit.session, visit.resident_id)


def create_resident(deps: Dependencies, viewer: Viewer, given: NewResident) -> ResidentView:
    """Enrol a resident; a lead, of the own centre or team.

    Raises
    ------
    TakenError
        When identity, identity number or external number are in use.
    MissingRowError, FieldError
    """
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    facts = given.model_dump(exclude={"id", *RECORD})
    with deps.sessions.begin() as session:
        facts |= own_place(session, viewer, facts["centre_id"], facts["team_id"])
        facts["phone"] = phone_of(deps, "phone", given.phone)
        made = residents.create_resident(session, now_ms=now_ms, resident_id=given.id or "", **facts)
        write_record(session, deps, made.id, given)
        record(session, viewer, "resident.create", now_ms=now_ms, resident_id=made.id, detail={"revision": 1})
        return one_resident(session, viewer, made.id)


def change_resident(deps: Dependencies, viewer: Viewer, resident_id: str, given: ResidentChange) -> ResidentView:
    """Change what is given; the audit keeps which fields, not what they held. Raises `ChangedMeanwhileError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    changes = given.model_dump(exclude_none=True, exclude={*RECORD, "revision"})
    if "phone" in changes:
        changes["phone"] = phone_of(deps, "phone", changes["phone"])
    with deps.sessions.begin() as session:
        row = visible_resident(session, viewer, resident_id)
        if {"centre_id", "team_id"} & set(changes):
            stays = (row.centre_id or "", row.team_id or "")
            centre_id, team_id = (changes.get(name, now) for name, now in zip(_PLACED, stays, strict=True))
            changes |= own_place(session, viewer, centre_id, team_id)
        try:
            row = residents.update_resident(session, resident_id, changes, revision=given.revision)
        except StaleError as stale:
            raise meanwhile(session, stale) from None
        write_record(session, deps, resident_id, given)
        detail = {"fields": sorted(given.model_fields_set - {"revision"}), "revision": row.revision}
        record(session, viewer, "resident.change", now_ms=now_ms, resident_id=resident_id, detail=detail)
        return one_resident(session, viewer, resident_id)


def _joined() -> Select[Resident, str | None, str | None]:
    query = select(Resident, Centre.name, Team.name).outerjoin(Centre, Centre.id == Resident.centre_id)
    return query.outerjoin(Team, Team.id == Resident.team_id)


def one_resident(session: Session, viewer: Viewer, resident_id: str) -> ResidentView:
    """Return a resident whom the caller was let see."""
    row = session.execute(_joined().where(Resident.id == resident_id)).one()
    return _view(viewer, *row, bed=beds_of(session, [resident_id]).get(resident_id, ""))


def _view(
    viewer: Viewer, resident: Resident, centre_name: str | None, team_name: str | None, *, bed: str
) -> ResidentView:
    return ResidentView(
        id=resident.id,
        name=resident.name,
        sex=resident.sex,
        birth_date=resident.birth_date,
        address=resident.address,
        phone=resident.phone,
        access_note=resident.access_note if viewer.may(Permission.RESPOND) else "",
        flags=resident.flags,
        centre_id=resident.centre_id or "",
        centre_name=centre_name or "",
        team_id=resident.team_id or "",
        team_name=team_name or "",
        time_zone=resident.time_zone,
        tier=resident.tier,
        external_number=resident.external_number,
        region_code=resident.region_code,
        region=region_name(resident.region_code) if resident.region_code else "",
        bed=bed,
        revision=resident.revision,
        active=resident.active,
        created_at_ms=resident.created_at_ms,
    )
