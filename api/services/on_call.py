"""Who is on call now: for pages that show it beside something else."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS
from anhu.registry.database import reading
from anhu.registry.rota.looking import owned_rota, read_rota
from anhu.registry.rota.model import Rota
from anhu.registry.rota.on_call import Because, OnCall, on_call, on_call_of
from anhu.registry.rota.stretches import stretches
from anhu.registry.rota_tables import Handover
from anhu.registry.tables import Centre, Resident, Team, User
from api.dependencies import Dependencies
from api.schemas.rota import OnCallMember, OnCallView
from api.security.roles import Permission, Viewer, require
from api.security.visibility import RotaOwner, is_own_rota, visible_rota_owner, visible_rota_owners
from api.visit import ResidentVisit


def own_on_call(deps: Dependencies, viewer: Viewer) -> list[OnCallView]:
    """Return who is on call now at one's own desk or team; nothing for who is a member of none."""
    require(viewer, Permission.RESPOND)
    with reading(deps.sessions)() as session:
        own = [one for one in visible_rota_owners(session, viewer) if is_own_rota(viewer, one)]
        return [on_call_view(session, one, deps.clock.now_ms()) for one in own]


def own_gap(deps: Dependencies, viewer: Viewer) -> str:
    """Return the name of the own desk or team when nobody is there who should be; else nothing. Asked again and again.

    A desk without any rota has no gap that a rota could fill: that it has nobody at all is told elsewhere.
    """
    require(viewer, Permission.RESPOND)
    with reading(deps.sessions)() as session:
        for one in visible_rota_owners(session, viewer):
            if is_own_rota(viewer, one):
                found = on_call(session, one.kind, one.id, deps.clock.now_ms())
                return one.name if found.because is Because.GAP else ""
    return ""


def on_call_at(deps: Dependencies, viewer: Viewer, key: str) -> OnCallView:
    """Return who is on call now. Raises `NotFoundError`."""
    require(viewer, Permission.RESPOND)
    with reading(deps.sessions)() as session:
        return on_call_view(session, visible_rota_owner(session, viewer, key), deps.clock.now_ms())


def on_call_for(visit: ResidentVisit) -> list[OnCallView]:
    """Return who is on call now for the visited resident: at the desk, and in the team."""
    query = (
        select(Centre.id, Centre.name, Team.id, Team.name)
        .select_from(Resident)
        .outerjoin(Centre, Centre.id == Resident.centre_id)
        .outerjoin(Team, Team.id == Resident.team_id)
        .where(Resident.id == visit.resident_id)
    )
    centre, centre_name, team, team_name = visit.session.execute(query).one()
    owners = [RotaOwner("centre", centre, centre_name)] if centre else []
    owners += [RotaOwner("team", team, team_name)] if team else []
    return [on_call_view(visit.session, one, visit.now_ms) for one in owners]


def on_call_view(session: Session, owner: RotaOwner, now_ms: int) -> OnCallView:
    """Return who is on call for an owner, and who comes next. [ms]."""
    rota = read_rota(session, owner.kind, owner.id, now_ms, now_ms + DAY_MS)
    return told(session, owner, rota, names_of(session, owner, rota), now_ms)


def told(session: Session, owner: RotaOwner, rota: Rota, users: Mapping[str, User], now_ms: int) -> OnCallView:
    """Return the same of a rota that was read. [ms]."""
    now = on_call_of(rota, now_ms)
    ahead = stretches(rota, now_ms, now_ms + DAY_MS) if rota.shifts else ()
    later = next((one for one in ahead if on_call_of(rota, one.start_ms) != now), None)
    return OnCallView(
        owner=owner.key,
        owner_name=owner.name,
        time_zone=rota.zone.key,
        because=now.because,
        is_gap=now.is_gap,
        members=_members(now, users),
        next_members=_members(on_call_of(rota, later.start_ms), users) if later else [],
        next_ms=later.start_ms if later else None,
        unread_notes=_unread(session, owner) if rota.shifts else 0,
    )


def names_of(session: Session, owner: RotaOwner, rota: Rota) -> Mapping[str, User]:
    """Return identity -> user of everybody whom a rota names."""
    wanted = {*rota.members, *(user for shift in rota.shifts for crew in shift.crews for user in crew)}
    wanted |= {user for change in rota.changes for user in (*(change.crew or ()), change.in_id, change.out_id)}
    place = User.centre_id if owner.kind == "centre" else User.team_id
    found = session.scalars(select(User).where(or_(User.id.in_(wanted), place == owner.id)))
    return {user.id: user for user in found}


def _unread(session: Session, owner: RotaOwner) -> int:
    row = owned_rota(session, owner.kind, owner.id).row
    if row is None:
        return 0
    unread = select(func.count()).where(Handover.rota_id == row.id, Handover.read_at_ms.is_(None))
    return session.scalar(unread) or 0


def _members(found: OnCall, users: Mapping[str, User]) -> list[OnCallMember]:
    turns = {turn.user_id: turn for turn in found.turns}
    return [
        OnCallMember(
            user_id=one,
            name=users[one].name,
            duty=users[one].duty,
            shift=turns[one].shift_name if one in turns else "",
            until_ms=turns[one].end_ms if one in turns else None,
        )
        for one in found.members
    ]
