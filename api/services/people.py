"""Residents as cards show them: where they live, how to get in, whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from anhu.registry.tables import Centre, Contact, FamilyLink, Resident, User
from api.dependencies import Dependencies
from api.schemas.desk import PersonView, PhoneView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_resident, visible_residents
from api.services.paging import decode_cursor, encode_cursor

_PHONE_CHANNELS = ("voice", "sms", "phone")


def read_person(deps: Dependencies, viewer: Viewer, resident_id: str) -> PersonView:
    """Return one resident. Raises `NotFoundError` for a stranger's as for one that does not exist."""
    require(viewer, Permission.READ_HEALTH)
    with deps.sessions.begin() as session:
        now_ms = deps.clock.now_ms()
        visible_resident(session, viewer, resident_id)
        record(session, viewer, "resident.read", now_ms=now_ms, resident_id=resident_id)
        return people(session, viewer, [resident_id], now_ms=now_ms)[resident_id]


class Found(NamedTuple):
    """A page of residents, how many there are in all, and where the next page begins (empty: nowhere)."""

    people: list[PersonView]
    total: int
    next_cursor: str


def find_people(deps: Dependencies, viewer: Viewer, *, search: str, cursor: str, limit: int) -> Found:
    """Return a page of the visible, active residents by name; `search` is part of name, address or identity."""
    require(viewer, Permission.READ_HEALTH)
    conditions = [visible_residents(viewer), Resident.active]
    if search:
        columns = (Resident.name, Resident.address, Resident.id)
        conditions.append(or_(*(column.contains(search, autoescape=True) for column in columns)))
    query = select(Resident.name, Resident.id).where(*conditions).order_by(Resident.name, Resident.id)
    if key := decode_cursor(cursor, str, str):
        name, last_id = key
        query = query.where(or_(Resident.name > name, and_(Resident.name == name, Resident.id > last_id)))
    with deps.sessions.begin() as session:
        now_ms = deps.clock.now_ms()
        total = session.scalar(select(func.count()).select_from(Resident).where(*conditions)) or 0
        rows = session.execute(query.limit(limit + 1)).all()
        ids = [resident_id for _, resident_id in rows[:limit]]
        record(session, viewer, "resident.list", now_ms=now_ms, detail={"residents": ids})
        found = people(session, viewer, ids, now_ms=now_ms)
        last = encode_cursor(*rows[limit - 1]) if len(rows) > limit else ""
        return Found([found[one] for one in ids], total, last)


def people(session: Session, viewer: Viewer, resident_ids: Sequence[str], *, now_ms: int) -> Mapping[str, PersonView]:
    """Return resident -> card of those the viewer may see; how to get in only to those who answer alerts. [ms]."""
    rows = session.execute(
        select(Resident, Centre)
        .outerjoin(Centre, Centre.id == Resident.centre_id)
        .where(Resident.id.in_(resident_ids), visible_residents(viewer))
    ).all()
    seen = [resident.id for resident, _ in rows]
    family = _family_phones(session, seen) if viewer.may(Permission.RESPOND) else {}
    today = datetime.fromtimestamp(now_ms / 1_000, tz=UTC).date()
    return {
        resident.id: _person(viewer, resident, _phones(resident, centre, family.get(resident.id, ())), today)
        for resident, centre in rows
    }


def _person(viewer: Viewer, resident: Resident, phones: list[PhoneView], today: date) -> PersonView:
    return PersonView(
        resident_id=resident.id,
        name=resident.name,
        age=age_years(resident.birth_date, today),
        sex=resident.sex,
        address=resident.address,
        access_note=resident.access_note if viewer.may(Permission.RESPOND) else "",
        flags=resident.flags,
        phones=phones,
    )


def _phones(resident: Resident, centre: Centre | None, family: Iterable[PhoneView]) -> list[PhoneView]:
    phones = [PhoneView(owner="own", name=resident.name, number=resident.phone)] if resident.phone else []
    phones += family
    if centre is not None and centre.phone:
        phones.append(PhoneView(owner="centre", name=centre.name, number=centre.phone))
    return phones


def _family_phones(session: Session, resident_ids: Sequence[str]) -> Mapping[str, list[PhoneView]]:
    """Return resident -> phones of relatives, each number once."""
    found: dict[str, dict[str, PhoneView]] = {}
    rows = session.execute(
        select(FamilyLink.resident_id, FamilyLink.relation, User.name, Contact.address)
        .join(User, User.id == FamilyLink.user_id)
        .join(Contact, (Contact.owner_id == User.id) & (Contact.owner_kind == "user"))
        .where(FamilyLink.resident_id.in_(resident_ids), Contact.channel.in_(_PHONE_CHANNELS), Contact.enabled)
        .order_by(Contact.id)
    )
    for resident_id, relation, name, number in rows:
        phone = PhoneView(owner="family", name=name, relation=relation, number=number)
        found.setdefault(resident_id, {}).setdefault(number, phone)
    return {resident_id: list(phones.values()) for resident_id, phones in found.items()}


def age_years(birth_date: str, today: date) -> int | None:
    """Return the age in whole years; None when the birth date is not known or is none."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
