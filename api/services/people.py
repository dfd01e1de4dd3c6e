"""Residents as cards show them: where they live, how to get in, whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from alerts.tables import Alert
from anhu.contract.clock import DAY_MS
from anhu.registry.phones import shown_phone
from anhu.registry.places import beds_of
from anhu.registry.tables import Centre, Contact, FamilyLink, Resident, Team, User
from api.dependencies import Dependencies
from api.schemas.people import PersonView, PhoneView
from api.security.roles import Permission, Viewer
from api.security.visibility import visible_residents
from api.services.counting import Counted
from api.services.finding_people import Sort, found_ids
from api.visit import ResidentVisit, Visit, visit_many
from ingest.store.port import Range, StoreQuery, StoreUnavailableError

_EVENTS_WITHIN_MS = 30 * DAY_MS


class OpenCount(NamedTuple):
    """How many alerts of a resident are open, and the highest priority among them."""

    number: int = 0
    highest: int = 0


class Found(NamedTuple):
    """A page of residents.

    Attributes
    ----------
    last_heard_ms : mapping
        Resident -> when anything was last measured; those never heard of are left out. [ms]
    next_cursor : str
        Where the next page begins; empty for the last one.
    """

    people: list[PersonView]
    total: Counted
    open_alerts: Mapping[str, OpenCount]
    last_heard_ms: Mapping[str, int]
    next_cursor: str


def person_of(visit: ResidentVisit) -> PersonView:
    """Return the visited resident."""
    return seen_people(visit, [visit.resident_id])[visit.resident_id]


def find_people(
    deps: Dependencies, viewer: Viewer, *, search: str, cursor: str, limit: int, sort: Sort = Sort.STATE
) -> Found:
    """Return a page of the visible, active residents whose name, sound, address, identity or phone holds the search.

    A store that cannot answer now leaves out when they were last heard of.
    """
    with visit_many(deps, viewer, "resident.list") as visit:
        page = found_ids(
            visit.session,
            [visible_residents(viewer), Resident.active == true()],
            search=search,
            sort=sort,
            cursor=cursor,
            limit=limit,
            relatives=viewer.may(Permission.RESPOND),
        )
        visit.detail["residents"] = page.ids
        found = seen_people(visit, page.ids)
        open_alerts = _open_alerts(visit.session, page.ids)
    return Found(
        people=[found[one] for one in page.ids],
        total=page.total,
        open_alerts=open_alerts,
        last_heard_ms=last_heard_ms(visit.store, page.ids, visit.now_ms),
        next_cursor=page.next_cursor,
    )


def names_of(deps: Dependencies, viewer: Viewer, resident_ids: Sequence[str]) -> dict[str, str]:
    """Return resident -> name, of those whom the viewer may see."""
    with visit_many(deps, viewer, "resident.names") as visit:
        wanted = select(Resident.id, Resident.name).where(Resident.id.in_(resident_ids), visible_residents(viewer))
        found = {row[0]: row[1] for row in visit.session.execute(wanted)}
        visit.detail["residents"] = sorted(found)
        return found


def seen_people(visit: Visit, resident_ids: Sequence[str]) -> Mapping[str, PersonView]:
    """Return resident -> card of residents whom the visit was allowed to see; how to get in only to who answers."""
    rows = visit.session.execute(
        select(Resident, Centre).outerjoin(Centre, Centre.id == Resident.centre_id).where(Resident.id.in_(resident_ids))
    ).all()
    answers = visit.viewer.may(Permission.RESPOND)
    dialled = [name for name, form in visit.channels.items() if form.kind == "tel"]
    family = _family_phones(visit.session, resident_ids, dialled) if answers else {}
    teams = _team_phones(visit.session, resident_ids, dialled) if answers else {}
    today = datetime.fromtimestamp(visit.now_ms / 1_000, tz=UTC).date()
    beds = beds_of(visit.session, resident_ids)
    return {
        resident.id: _person(
            visit.viewer,
            resident,
            beds.get(resident.id, ""),
            _phones(resident, centre, [*family.get(resident.id, ()), *teams.get(resident.team_id or "", ())]),
            today,
        )
        for resident, centre in rows
    }


def _open_alerts(session: Session, resident_ids: Sequence[str]) -> Mapping[str, OpenCount]:
    """Return resident -> open alerts; residents without any are left out."""
    rows = session.execute(
        select(Alert.resident_id, func.count(), func.max(Alert.priority))
        .where(Alert.is_open, Alert.resident_id.in_(resident_ids))
        .group_by(Alert.resident_id)
    )
    return {resident_id: OpenCount(count, highest) for resident_id, count, highest in rows}


def last_heard_ms(store: StoreQuery, resident_ids: Sequence[str], now_ms: int) -> Mapping[str, int]:
    """Return resident -> when anything was last measured; else when anything last happened at home. [ms]."""
    try:
        latest = store.latest(resident_ids) if resident_ids else {}
        heard = {one: max(point.observed_at_ms for point in found.values()) for one, found in latest.items() if found}
        within = Range(now_ms - _EVENTS_WITHIN_MS, now_ms + 1)
        for one in resident_ids:
            if one not in heard and (events := store.events(one, within, limit=1)):
                heard[one] = events[-1][1].observed_at_ms
    except StoreUnavailableError:
        return {}
    return heard


def _person(viewer: Viewer, resident: Resident, bed: str, phones: list[PhoneView], today: date) -> PersonView:
    return PersonView(
        resident_id=resident.id,
        name=resident.name,
        age=age_years(resident.birth_date, today),
        sex=resident.sex,
        address=resident.address,
        bed=bed,
        access_note=resident.access_note if viewer.may(Permission.RESPOND) else "",
        flags=resident.flags,
        phones=phones,
    )


def _phones(resident: Resident, centre: Centre | None, others: Iterable[PhoneView]) -> list[PhoneView]:
    """Return whom to call, in order: the resident, relatives by rank, the doctor team, the centre."""
    phones = [PhoneView(owner="own", name=resident.name, number=shown_phone(resident.phone))] if resident.phone else []
    phones += others
    if centre is not None and centre.phone:
        phones.append(PhoneView(owner="centre", name=centre.name, number=shown_phone(centre.phone)))
    return phones


def _family_phones(
    session: Session, resident_ids: Sequence[str], dialled: Sequence[str]
) -> Mapping[str, list[PhoneView]]:
    """Return resident -> phones of relatives, each number once, who is called first before the others."""
    found: dict[str, dict[str, PhoneView]] = {}
    rows = session.execute(
        select(FamilyLink.resident_id, FamilyLink.relation, User.name, Contact.address)
        .join(User, User.id == FamilyLink.user_id)
        .join(Contact, (Contact.owner_id == User.id) & (Contact.owner_kind == "user"))
        .where(FamilyLink.resident_id.in_(resident_ids), Contact.channel.in_(dialled), Contact.enabled)
        .order_by(FamilyLink.rank, User.name, Contact.position, Contact.id)
    )
    for resident_id, relation, name, number in rows:
        phone = PhoneView(owner="family", name=name, relation=relation, number=shown_phone(number))
        found.setdefault(resident_id, {}).setdefault(number, phone)
    return {resident_id: list(phones.values()) for resident_id, phones in found.items()}


def _team_phones(
    session: Session, resident_ids: Sequence[str], dialled: Sequence[str]
) -> Mapping[str, list[PhoneView]]:
    """Return team -> its phones, of the residents' teams."""
    rows = session.execute(
        select(Team.id, Team.name, Contact.address)
        .join(Contact, (Contact.owner_id == Team.id) & (Contact.owner_kind == "team"))
        .where(Contact.channel.in_(dialled), Contact.enabled)
        .where(Team.id.in_(select(Resident.team_id).where(Resident.id.in_(resident_ids))))
        .order_by(Contact.position, Contact.id)
    )
    found: dict[str, list[PhoneView]] = {}
    for team_id, name, number in rows:
        found.setdefault(team_id, []).append(PhoneView(owner="team", name=name, number=shown_phone(number)))
    return found


def age_years(birth_date: str, today: date) -> int | None:
    """Return the age in whole years; None when the birth date is not known or is none."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
