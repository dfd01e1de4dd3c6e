"""Reading a rota from the database: three statements, none of them long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from anhu.registry.roles import Role
from anhu.registry.rota.model import Change, Covers, Leave, Rota, Shift
from anhu.registry.rota.wall_clock import local_day
from anhu.registry.rota.workdays import Calendar
from anhu.registry.rota_tables import LeaveRow, RotaChange, RotaRow, RotaShift
from anhu.registry.tables import User

CENTRE, TEAM = "centre", "team"
_MEMBER_OF = {CENTRE: (Role.DESK, User.centre_id), TEAM: (Role.TEAM, User.team_id)}
_UTC = ZoneInfo("UTC")


class Owned(NamedTuple):
    """The row of an owner's rota, where there is one, and its shifts."""

    row: RotaRow | None
    shifts: Sequence[RotaShift]


def owned_rota(session: Session, owner_kind: str, owner_id: str) -> Owned:
    """Return the rows of an owner's rota."""
    found = session.execute(
        select(RotaRow, RotaShift)
        .outerjoin(RotaShift, RotaShift.rota_id == RotaRow.id)
        .where(RotaRow.owner_kind == owner_kind, RotaRow.owner_id == owner_id)
        .order_by(RotaShift.position, RotaShift.id)
    ).all()
    return Owned(found[0][0] if found else None, [shift for _, shift in found if shift is not None])


def read_rota(session: Session, owner_kind: str, owner_id: str, from_ms: int, until_ms: int) -> Rota:
    """Return an owner's rota as far as it matters for a time; without one, who there is. [ms]."""
    owned = owned_rota(session, owner_kind, owner_id)
    zone = ZoneInfo(owned.row.time_zone) if owned.row else _UTC
    first = str(local_day(from_ms, zone) - timedelta(days=1))
    last = str(local_day(until_ms, zone) + timedelta(days=1))
    members, leaves = _members(session, owner_kind, owner_id, first, last)
    if owned.row is None:
        return Rota(zone=zone, members=members, leaves=leaves)
    return Rota(
        zone=zone,
        members=members,
        shifts=tuple(shift_of(row) for row in owned.shifts),
        changes=_changes(session, owned.row.id, first, last),
        leaves=leaves,
        covers=Covers(owned.row.covers),
        workdays=Calendar(owned.row.workdays).workdays,
    )


def members_of(session: Session, owner_kind: str, owner_id: str) -> list[str]:
    """Return everybody of an owner who may log in."""
    role, place = _MEMBER_OF[owner_kind]
    return list(session.scalars(select(User.id).where(User.enabled, User.role == role, place == owner_id)))


def owner_of(user: User) -> tuple[str, str] | None:
    """Return whose rota a user is on: of the desk's centre or of the team; None for others."""
    if user.role == Role.DESK and user.centre_id:
        return CENTRE, user.centre_id
    return (TEAM, user.team_id) if user.role == Role.TEAM and user.team_id else None


def shift_of(row: RotaShift) -> Shift:
    """Return a row as a value."""
    return Shift(
        id=row.id,
        name=row.name,
        days=row.days,
        start_minute=row.start_minute,
        end_minute=row.end_minute,
        crews=tuple(tuple(crew) for crew in row.crews),
        anchor=date.fromisoformat(row.anchor),
        from_day=date.fromisoformat(row.from_day) if row.from_day else None,
        until_day=date.fromisoformat(row.until_day) if row.until_day else None,
    )


def _members(
    session: Session, owner_kind: str, owner_id: str, first: str, last: str
) -> tuple[tuple[str, ...], tuple[Leave, ...]]:
    role, place = _MEMBER_OF[owner_kind]
    on_leave = and_(LeaveRow.user_id == User.id, LeaveRow.from_day <= last, LeaveRow.until_day >= first)
    rows = session.execute(
        select(User.id, LeaveRow.from_day, LeaveRow.until_day)
        .outerjoin(LeaveRow, on_leave)
        .where(User.enabled, User.role == role, place == owner_id)
        .order_by(User.id)
    ).all()
    leaves = [Leave(user, date.fromisoformat(begin), date.fromisoformat(end)) for user, begin, end in rows if begin]
    return tuple(dict.fromkeys(user for user, _, _ in rows)), tuple(leaves)


def _changes(session: Session, rota_id: str, first: str, last: str) -> list[Change]:
    rows = session.scalars(
        select(RotaChange)
        .where(RotaChange.rota_id == rota_id, RotaChange.day >= first, RotaChange.day <= last)
        .order_by(RotaChange.set_at_ms, RotaChange.id)
    )
    return [
        Change(
            shift_id=row.shift_id,
            day=date.fromisoformat(row.day),
            since_ms=row.since_ms,
            crew=None if row.crew is None else tuple(row.crew),
            out_id=row.out_id,
            in_id=row.in_id,
        )
        for row in rows
    ]
