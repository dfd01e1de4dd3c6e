"""Rotas, to read: who is on call, a week, the gaps ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS
from anhu.registry.database import reading
from anhu.registry.rota.editing import check_day
from anhu.registry.rota.handover import notes_of
from anhu.registry.rota.leave import leaves_ahead
from anhu.registry.rota.looking import owned_rota, read_rota
from anhu.registry.rota.model import ON_RESTDAYS, ON_WORKDAYS, Covers, Rota
from anhu.registry.rota.stretches import AHEAD_MS, gaps_ahead
from anhu.registry.rota.wall_clock import DAY_MINUTES, instant_ms, local_day
from anhu.registry.rota.workdays import Calendar
from anhu.registry.rota_tables import RotaRow
from anhu.registry.tables import User
from api.dependencies import Dependencies
from api.schemas.rota import (
    LeaveView,
    MemberView,
    NoteView,
    OwnerView,
    PersonOnShift,
    RotaGapView,
    RotaView,
    ShiftView,
)
from api.security.roles import Permission, Viewer, require
from api.security.visibility import (
    RotaOwner,
    is_own_rota,
    may_edit_rota,
    visible_rota_owner,
    visible_rota_owners,
)
from api.services.on_call import names_of, told
from api.services.rota_week import rota_days


def list_owners(deps: Dependencies, viewer: Viewer) -> list[OwnerView]:
    """Return whose rotas the viewer may read, the own first."""
    require(viewer, Permission.RESPOND)
    with reading(deps.sessions)() as session:
        return [_owner(viewer, one) for one in visible_rota_owners(session, viewer)]


def read_week(deps: Dependencies, viewer: Viewer, key: str, week: str = "") -> RotaView:
    """Return a week that begins on a day (this Monday if not said), and all else of a rota. Raises `NotFoundError`."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with reading(deps.sessions)() as session:
        owner = visible_rota_owner(session, viewer, key)
        row = owned_rota(session, owner.kind, owner.id).row
        zone = ZoneInfo(row.time_zone if row else deps.time_zone)
        today = local_day(now_ms, zone)
        first = check_day("week", week) if week else today - timedelta(days=today.weekday())
        ends = [instant_ms(first + timedelta(days=7), DAY_MINUTES, zone), now_ms + AHEAD_MS + DAY_MS]
        rota = read_rota(session, owner.kind, owner.id, min(instant_ms(first, 0, zone), now_ms), max(ends))
        return _view(viewer, _Read(session, owner, row, rota, zone, now_ms), first)


class _Read(NamedTuple):
    """What was read of one rota."""

    session: Session
    owner: RotaOwner
    row: RotaRow | None
    rota: Rota
    zone: ZoneInfo
    now_ms: int


def _view(viewer: Viewer, read: _Read, first: date) -> RotaView:
    session, owner, row, rota, zone, now_ms = read
    users = names_of(session, owner, rota)
    names = {user.id: user.name for user in users.values()}
    calendar = Calendar(row.workdays) if row else Calendar.CHINA
    goes_by_workdays = any(shift.days in {ON_WORKDAYS, ON_RESTDAYS} for shift in rota.shifts)
    until = max(calendar.workdays.years, default=0)
    return RotaView(
        owner=_owner(viewer, owner),
        exists=bool(rota.shifts),
        time_zone=zone.key,
        covers=Covers(row.covers) if row else Covers.ALWAYS,
        calendar=calendar,
        calendar_until=until,
        calendar_ends=bool(until)
        and goes_by_workdays
        and max(first.year, local_day(now_ms + AHEAD_MS, zone).year) > until,
        on_call=told(session, owner, rota, users, now_ms),
        week=str(first),
        days=rota_days(rota, first, names),
        gaps=[
            RotaGapView(
                kind=gap.kind,
                start_ms=gap.start_ms,
                end_ms=gap.end_ms,
                shifts=list(dict.fromkeys(one.shift.name for one in gap.shifts)),
                absent=[_person(one.user_id, names, one.why) for one in dict.fromkeys(gap.absent)],
            )
            for gap in gaps_ahead(rota, now_ms)
        ],
        shifts=_shifts(rota, names),
        members=[_member(users[one]) for one in rota.members],
        leaves=leave_views(session, rota.members, names, str(local_day(now_ms, zone))),
        notes=_notes(session, row, names) if row else [],
    )


def leave_views(session: Session, members: Sequence[str], names: Mapping[str, str], today: str) -> list[LeaveView]:
    """Return the leaves of some people that are not over."""
    return [
        LeaveView(
            id=row.id,
            user_id=row.user_id,
            name=names.get(row.user_id, row.user_id),
            from_day=row.from_day,
            until_day=row.until_day,
            note=row.note,
        )
        for row in leaves_ahead(session, members, today)
    ]


def _shifts(rota: Rota, names: Mapping[str, str]) -> list[ShiftView]:
    members = set(rota.members)
    return [
        ShiftView(
            id=one.id,
            name=one.name,
            days=one.days,
            start_minute=one.start_minute,
            end_minute=one.end_minute,
            crews=[[_person(user, names, "" if user in members else "gone") for user in crew] for crew in one.crews],
            anchor=str(one.anchor),
            from_day=str(one.from_day or ""),
            until_day=str(one.until_day or ""),
        )
        for one in rota.shifts
    ]


def _notes(session: Session, row: RotaRow, names: Mapping[str, str]) -> list[NoteView]:
    return [
        NoteView(
            id=one.id,
            shift=one.shift_name,
            text=one.text,
            by=names.get(one.written_by, one.written_by),
            at_ms=one.at_ms,
            read_by=names.get(one.read_by, one.read_by),
            read_at_ms=one.read_at_ms,
        )
        for one in notes_of(session, row.id)
    ]


def _owner(viewer: Viewer, one: RotaOwner) -> OwnerView:
    own = is_own_rota(viewer, one)
    return OwnerView(id=one.key, kind=one.kind, name=one.name, own=own, may_edit=may_edit_rota(viewer, one))


def _member(user: User) -> MemberView:
    return MemberView(id=user.id, name=user.name, duty=user.duty, is_lead=user.is_lead)


def _person(user_id: str, names: Mapping[str, str], absent: str) -> PersonOnShift:
    return PersonOnShift(user_id=user_id, name=names.get(user_id, user_id), absent=absent)
