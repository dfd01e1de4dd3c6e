"""Who can be reached around a resident, read from the rows: one statement, and the rota where somebody has one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, String, and_, bindparam, case, func, select, union
from sqlalchemy.orm import Session, aliased

from alerts.episodes.policies.who import House, There, Way, WhoIsWho
from anhu.contract.priority import Priority
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.duties import Duty
from anhu.registry.roles import Role
from anhu.registry.rota.duty import away_at
from anhu.registry.rota.looking import read_rota
from anhu.registry.rota.on_call import Because, on_call_of
from anhu.registry.tables import Centre, Contact, FamilyLink, Resident, User


def who_is_who(session: Session, resident: Resident, priority: Priority, at_ms: int) -> WhoIsWho:
    """Return everybody around a resident with a contact that wants alerts of this priority. [ms]."""
    whose = {"centre": resident.centre_id, "team": resident.team_id, "resident": resident.id}
    with session.no_autoflush:  # nothing that waits to be written is asked for: it is written together, later
        rows = session.execute(_WAYS, {**whose, "priority": int(priority)}).all()
    ways = tuple(way for row in rows for way in _ways(row, resident))
    return WhoIsWho(ways, _there(session, resident, ways, at_ms))


def ways_of_users(session: Session, users: Select[str]) -> list[Way]:
    """Return the ways to some users, whatever the priority."""
    theirs = (Contact.owner_kind == "user", Contact.owner_id.in_(users), Contact.enabled, Contact.channel != CALL_ONLY)
    rows = session.scalars(select(Contact).where(*theirs).order_by(Contact.id))
    return [Way(one.id, one.channel, "user", one.owner_id, House.CENTRE, user_id=one.owner_id) for one in rows]


def _who_there(session: Session, house: House, owner_id: str, at_ms: int) -> There:
    """Return who is there of a desk or a team by its rota: whoever has a shift, or everybody in a gap. [ms]."""
    rota = read_rota(session, house, owner_id, at_ms, at_ms)
    called = on_call_of(rota, at_ms)
    by_rota = called.because in {Because.SHIFT, Because.GAP}
    return There(frozenset(called.members if by_rota else ()), away_at(rota, at_ms))


def _there(session: Session, resident: Resident, ways: tuple[Way, ...], at_ms: int) -> dict[House, There]:
    """Ask the rotas of desk and team, where anybody there has a contact of his own: else they change nothing."""
    owners = {House.CENTRE: resident.centre_id, House.TEAM: resident.team_id}
    asked = {way.house for way in ways if way.user_id}
    return {
        house: _who_there(session, house, owner, at_ms) for house, owner in owners.items() if house in asked and owner
    }


def _ways(row: Any, resident: Resident) -> Iterator[Way]:  # noqa: ANN401 - a row of a statement
    contact_id, channel, kind, owner_id, role, duty, is_lead, centre_id, team_id, enabled, place = row
    if kind != "user":
        yield Way(contact_id, channel, kind, owner_id, House(kind))
        return
    way = Way(contact_id, channel, kind, owner_id, House.FAMILY, owner_id, duty, is_lead, place or 0)
    if place is not None:
        yield way
    if not enabled:
        return
    if role == Role.DESK and centre_id == resident.centre_id:
        yield way._replace(house=House.CENTRE)
    elif role == Role.TEAM and team_id == resident.team_id:
        yield way._replace(house=House.TEAM)
    elif role == Role.DESK and duty == Duty.SUPERVISOR:
        yield way._replace(house=House.ORGANISATION)


def _one(name: str) -> BindParameter[str | None]:
    """Return the place of an identity; null is nobody's."""
    return bindparam(name, type_=String())


def _owned_by(kind: str) -> ColumnElement[bool]:
    return and_(Contact.owner_kind == kind, Contact.owner_id == _one(kind))


_LINK, _OTHER, _OWN, _NEAR = aliased(FamilyLink), aliased(FamilyLink), aliased(Centre), aliased(Centre)
_PLACE = (
    select(func.count(_OTHER.rank.distinct()))
    .where(_OTHER.resident_id == _one("resident"), _OTHER.rank < _LINK.rank)
    .correlate(_LINK)
    .scalar_subquery()
)
"""How many ranks come before a relative's; whoever has no contact keeps the place."""
_ORGANISATION = select(_OWN.organisation_id).where(_OWN.id == _one("centre")).scalar_subquery()
_MEMBERS = (
    and_(User.role == Role.DESK, User.centre_id == _one("centre")),
    and_(User.role == Role.TEAM, User.team_id == _one("team")),
    and_(
        User.role == Role.DESK,
        User.duty == Duty.SUPERVISOR,
        User.centre_id.in_(select(_NEAR.id).where(_NEAR.organisation_id == _ORGANISATION)),
    ),
)
_RELATIVES = select(FamilyLink.user_id).where(FamilyLink.resident_id == _one("resident"))
_OWNERS = (
    *(_owned_by(kind) for kind in ("centre", "team", "resident")),
    and_(Contact.owner_kind == "user", Contact.owner_id.in_(_RELATIVES)),
    *(
        and_(Contact.owner_kind == "user", Contact.owner_id.in_(select(User.id).where(User.enabled, members)))
        for members in _MEMBERS
    ),
)
_OWNED = union(*(select(Contact.id).where(owner) for owner in _OWNERS))
"""Each has its index: asked for all of them at once, a server reads every contact of a city."""
_WAYS = (
    select(
        Contact.id,
        Contact.channel,
        Contact.owner_kind,
        Contact.owner_id,
        User.role,
        User.duty,
        User.is_lead,
        User.centre_id,
        User.team_id,
        User.enabled,
        case((_LINK.user_id.is_not(None), _PLACE)),
    )
    .outerjoin(User, and_(Contact.owner_kind == "user", User.id == Contact.owner_id))
    .outerjoin(_LINK, and_(_LINK.user_id == User.id, _LINK.resident_id == _one("resident")))
    .where(
        Contact.enabled,
        Contact.channel != CALL_ONLY,
        Contact.min_priority <= bindparam("priority", type_=Integer()),
        Contact.id.in_(select(_OWNED.subquery().c.id)),
    )
    .order_by(Contact.id)
)
"""Put together once: an alarm waits for it."""
