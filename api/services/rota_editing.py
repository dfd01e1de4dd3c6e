"""Changing a rota: its shifts, single days, leave of its members, hand-over notes. Leads and administrators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.orm import Session

from anhu.registry.roles import Role
from anhu.registry.rota import editing, handover, leave
from anhu.registry.rota.duty import on_duty
from anhu.registry.rota.looking import members_of, owned_rota, owner_of, read_rota
from anhu.registry.rota.model import Covers
from anhu.registry.rota.workdays import Calendar
from anhu.registry.rota_tables import Handover, LeaveRow, RotaRow
from anhu.registry.tables import User
from api.dependencies import Dependencies
from api.errors import ConflictError, ForbiddenError, NotFoundError
from api.schemas.my_rota import LeaveInput
from api.schemas.rota import DayInput, NoteInput, RotaInput, ShiftInput
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import RotaOwner, is_own_rota, may_edit_rota, visible_rota_owner


class _Edited(NamedTuple):
    """A rota that is being changed."""

    session: Session
    owner: RotaOwner
    row: RotaRow | None
    now_ms: int

    @property
    def rota(self) -> RotaRow:
        """Its row. Raises `ConflictError` while there is none."""
        if self.row is None:
            raise ConflictError("there is no rota yet: make it first", zh="还没有排班，请先建立")
        return self.row


def set_rota(deps: Dependencies, viewer: Viewer, key: str, given: RotaInput) -> None:
    """Make a rota, or change what holds for all of it."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with _editing(deps, viewer, key) as at:
        editing.set_rota(
            at.session,
            at.owner.kind,
            at.owner.id,
            time_zone=given.time_zone,
            covers=given.covers,
            calendar=given.calendar,
        )
        _record(at, viewer, "rota.set", key, given.model_dump(mode="json"))


def save_shift(deps: Dependencies, viewer: Viewer, key: str, given: ShiftInput, *, shift_id: str = "") -> str:
    """Add a shift, or change one; return which. The first one makes the rota: all hours, China's workdays."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with _editing(deps, viewer, key) as at:
        facts = editing.ShiftFacts(**given.model_dump())
        row = at.row if at.row is not None or shift_id else _first_rota(deps, at)
        saved = editing.save_shift(at.session, row or at.rota, facts, shift_id=shift_id)
        _record(at, viewer, "rota.shift", saved.id, {"owner": key, **given.model_dump()})
        return saved.id


def _first_rota(deps: Dependencies, at: _Edited) -> RotaRow:
    """Make a rota as the page shows it before anybody has set anything."""
    return editing.set_rota(
        at.session,
        at.owner.kind,
        at.owner.id,
        time_zone=deps.time_zone,
        covers=Covers.ALWAYS,
        calendar=Calendar.CHINA,
    )


def remove_shift(deps: Dependencies, viewer: Viewer, key: str, shift_id: str) -> None:
    """Take a shift away."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with _editing(deps, viewer, key) as at:
        editing.remove_shift(at.session, at.rota, shift_id)
        _record(at, viewer, "rota.shift_end", shift_id, {"owner": key})


def change_day(deps: Dependencies, viewer: Viewer, key: str, given: DayInput) -> None:
    """Give one shift of one day another crew, from now on."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with _editing(deps, viewer, key) as at:
        editing.change_day(
            at.session, at.rota, given.shift_id, given.day, given.crew, set_by=viewer.user_id, now_ms=at.now_ms
        )
        _record(at, viewer, "rota.day", given.shift_id, {"owner": key, "day": given.day, "crew": given.crew})


def take_leave(deps: Dependencies, viewer: Viewer, given: LeaveInput) -> str:
    """Put down one's own leave, or as lead a member's; return its identity."""
    require(viewer, Permission.RESPOND)
    user_id = given.user_id or viewer.user_id
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        _check_may_leave(session, viewer, user_id)
        row = leave.take_leave(
            session,
            user_id=user_id,
            from_day=given.from_day,
            until_day=given.until_day,
            note=given.note,
            set_by=viewer.user_id,
            now_ms=now_ms,
        )
        detail = {"user": user_id, "from": row.from_day, "until": row.until_day}
        record(session, viewer, "leave.take", now_ms=now_ms, object_id=row.id, detail=detail)
        return row.id


def end_leave(deps: Dependencies, viewer: Viewer, leave_id: str) -> None:
    """Take a leave back: one's own, or as lead a member's."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        row = session.get(LeaveRow, leave_id)
        if row is None:
            raise NotFoundError(f"no leave {leave_id!r}")
        try:
            _check_may_leave(session, viewer, row.user_id)
        except NotFoundError:
            raise NotFoundError(f"no leave {leave_id!r}") from None
        detail = {"user": row.user_id, "from": row.from_day, "until": row.until_day}
        leave.end_leave(session, row)
        record(session, viewer, "leave.end", now_ms=now_ms, object_id=leave_id, detail=detail)


def write_note(deps: Dependencies, viewer: Viewer, key: str, given: NoteInput) -> str:
    """Leave a hand-over note for the next shift; return its identity."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        at = _Edited(session, *_owned(session, viewer, key), now_ms)
        _check_member(viewer, at.owner)
        rota = read_rota(session, at.owner.kind, at.owner.id, now_ms, now_ms)
        mine = [turn.shift_name for turn in on_duty(rota, now_ms) if turn.user_id == viewer.user_id]
        row = handover.write_note(
            session, at.rota, shift_name="".join(mine[:1]), text=given.text, written_by=viewer.user_id, now_ms=now_ms
        )
        _record(at, viewer, "handover.write", row.id, {"owner": key})
        return row.id


def read_note(deps: Dependencies, viewer: Viewer, key: str, note_id: str) -> None:
    """Have read a hand-over note: it is not shown on the desk any more."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        at = _Edited(session, *_owned(session, viewer, key), now_ms)
        _check_member(viewer, at.owner)
        row = session.get(Handover, note_id, with_for_update=True)
        if row is None or at.row is None or row.rota_id != at.row.id:
            raise NotFoundError(f"no note {note_id!r}")
        handover.read_note(row, by=viewer.user_id, now_ms=now_ms)
        _record(at, viewer, "handover.read", note_id, {"owner": key})


@contextmanager
def _editing(deps: Dependencies, viewer: Viewer, key: str) -> Iterator[_Edited]:
    with deps.sessions.begin() as session:
        owner, row = _owned(session, viewer, key)
        if not may_edit_rota(viewer, owner):
            raise ForbiddenError("only its lead or an administrator changes this rota")
        yield _Edited(session, owner, row, deps.clock.now_ms())


def _owned(session: Session, viewer: Viewer, key: str) -> tuple[RotaOwner, RotaRow | None]:
    owner = visible_rota_owner(session, viewer, key)
    row = owned_rota(session, owner.kind, owner.id).row
    if row is not None:
        session.refresh(row, with_for_update={"key_share": True})
    return owner, row


def _check_member(viewer: Viewer, owner: RotaOwner) -> None:
    if viewer.role is not Role.ADMIN and not is_own_rota(viewer, owner):
        raise ForbiddenError("hand-over notes are for members")


def _check_may_leave(session: Session, viewer: Viewer, user_id: str) -> None:
    """Raise `NotFoundError` unless it is oneself, or a member of what one leads."""
    user = session.get(User, user_id)
    place = owner_of(user) if user else None
    if place is None:
        raise NotFoundError(f"no member {user_id!r}")
    owner = RotaOwner(*place, "")
    leads = may_edit_rota(viewer, owner) and user_id in members_of(session, *place)
    if user_id != viewer.user_id and not leads:
        raise NotFoundError(f"no member {user_id!r}")


def _record(at: _Edited, viewer: Viewer, action: str, object_id: str, detail: dict[str, object]) -> None:
    record(at.session, viewer, action, now_ms=at.now_ms, object_id=object_id, detail=detail)
