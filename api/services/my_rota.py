"""One's own shifts: what is ahead, swaps, the calendar's address."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS
from anhu.contract.words import text
from anhu.registry.database import reading
from anhu.registry.rota import calendar_addresses, swaps
from anhu.registry.rota.duty import Turn
from anhu.registry.rota.ical import calendar
from anhu.registry.rota.looking import owned_rota, owner_of, read_rota
from anhu.registry.rota.model import Rota
from anhu.registry.rota.turns_of import turns_of
from anhu.registry.rota.wall_clock import local_day
from anhu.registry.rota_tables import CalendarAddress, RotaSwap
from anhu.registry.tables import User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.my_rota import MyRotaView, SwapInput, SwapView, TurnView
from api.schemas.rota import MemberView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import RotaOwner, visible_rota_owner
from api.services.on_call import names_of
from api.services.rota import leave_views
from api.services.swap_news import tell_of_swap

_AHEAD_MS = 28 * DAY_MS
_CALENDAR_BACK_MS, _CALENDAR_AHEAD_MS = 7 * DAY_MS, 60 * DAY_MS
_MOST_OTHERS = 300


def my_rota(deps: Dependencies, viewer: Viewer) -> MyRotaView:
    """Return the shifts of the next four weeks, swaps and leave; empty for who is a member of nothing."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with reading(deps.sessions)() as session:
        owner = _own(session, viewer)
        rota = read_rota(session, owner.kind, owner.id, now_ms, now_ms + _AHEAD_MS)
        users = names_of(session, owner, rota)
        names = {user.id: user.name for user in users.values()}
        row = owned_rota(session, owner.kind, owner.id).row
        own = str(local_day(now_ms, rota.zone))
        others = [turn for one in rota.members if one != viewer.user_id for turn in _turns(rota, one, now_ms, names)]
        return MyRotaView(
            owner=owner.key,
            owner_name=owner.name,
            time_zone=rota.zone.key if row else deps.time_zone,
            turns=_turns(rota, viewer.user_id, now_ms, names),
            others=sorted(others, key=lambda turn: turn.start_ms)[:_MOST_OTHERS],
            swaps=_swaps(session, viewer, rota, names, now_ms),
            leaves=leave_views(session, [viewer.user_id], names, own),
            members=[
                MemberView(id=one, name=names[one], duty=users[one].duty, is_lead=users[one].is_lead)
                for one in rota.members
                if one != viewer.user_id
            ],
            has_calendar=session.get(CalendarAddress, viewer.user_id) is not None,
        )


def swaps_waiting(deps: Dependencies, viewer: Viewer) -> int:
    """Count the swaps that wait for one's answer."""
    require(viewer, Permission.RESPOND)
    mine = (RotaSwap.other_id == viewer.user_id, RotaSwap.state == swaps.SwapState.ASKED)
    with reading(deps.sessions)() as session:
        return session.scalar(select(func.count()).select_from(RotaSwap).where(*mine)) or 0


def ask_swap(deps: Dependencies, viewer: Viewer, given: SwapInput) -> str:
    """Ask somebody to take a shift; return the swap's identity. Raises `FieldError` for what cannot be."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        owner = _own(session, viewer)
        row = owned_rota(session, owner.kind, owner.id).row
        if row is None:
            raise ConflictError("there is no rota yet", zh="还没有排班")
        swap = swaps.ask_swap(
            session,
            row,
            asker_id=viewer.user_id,
            other_id=given.other_id,
            given=swaps.Wanted(given.shift_id, given.day),
            back=swaps.Wanted(given.back_shift_id, given.back_day),
            note=given.note,
            now_ms=now_ms,
        )
        record(session, viewer, "swap.ask", now_ms=now_ms, object_id=swap.id, detail=given.model_dump())
        tell_of_swap(session, swap, now_ms=now_ms)
        return swap.id


_ANSWERS = {"accept": swaps.accept_swap, "refuse": swaps.refuse_swap, "withdraw": swaps.withdraw_swap}


def answer_swap(deps: Dependencies, viewer: Viewer, swap_id: str, answer: str) -> None:
    """Accept, refuse or withdraw. Raises `ConflictError` when it was answered, or does not fit any more."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        try:
            swap = _ANSWERS[answer](session, swap_id, by=viewer.user_id, now_ms=now_ms)
        except swaps.SwapOverError as error:
            raise ConflictError(str(error), zh=error.zh) from None
        record(session, viewer, f"swap.{answer}", now_ms=now_ms, object_id=swap_id)
        tell_of_swap(session, swap, now_ms=now_ms)


def new_calendar(deps: Dependencies, viewer: Viewer) -> str:
    """Make a new address of one's calendar, and the old one void; return its path."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        _own(session, viewer)
        secret = calendar_addresses.make_address(session, viewer.user_id, now_ms=now_ms)
        record(session, viewer, "calendar.make", now_ms=now_ms, object_id=viewer.user_id)
    return f"{deps.public_url}/calendar/{secret}.ics"


def end_calendar(deps: Dependencies, viewer: Viewer) -> None:
    """Make the address of one's calendar void."""
    require(viewer, Permission.RESPOND)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        if calendar_addresses.revoke_address(session, viewer.user_id):
            record(session, viewer, "calendar.end", now_ms=now_ms, object_id=viewer.user_id)


def read_calendar(deps: Dependencies, secret: str) -> str:
    """Return the calendar behind a secret address; whoever has the address may read it. Raises `NotFoundError`."""
    now_ms = deps.clock.now_ms()
    with reading(deps.sessions)() as session:
        user = calendar_addresses.user_of_secret(session, secret)
        place = owner_of(user) if user else None
        if user is None or place is None:
            raise NotFoundError("no such calendar")
        rota = read_rota(session, *place, now_ms - _CALENDAR_BACK_MS, now_ms + _CALENDAR_AHEAD_MS)
        turns = turns_of(rota, user.id, now_ms - _CALENDAR_BACK_MS, now_ms + _CALENDAR_AHEAD_MS)
        row = owned_rota(session, *place).row
        name = text("rota.calendar_name", user.language, name=user.name)
    zone = rota.zone if row else ZoneInfo(deps.time_zone)
    return calendar(turns, zone=zone, name=name, owner=text("rota.site", user.language), made_ms=now_ms)


def _own(session: Session, viewer: Viewer) -> RotaOwner:
    user = session.get(User, viewer.user_id)
    place = owner_of(user) if user else None
    if place is None:
        raise NotFoundError("you are a member of no desk and no team")
    return visible_rota_owner(session, viewer, ":".join(place))


def _turns(rota: Rota, user_id: str, now_ms: int, names: Mapping[str, str]) -> list[TurnView]:
    return [_turn(one, names) for one in turns_of(rota, user_id, now_ms, now_ms + _AHEAD_MS)]


def _turn(turn: Turn, names: Mapping[str, str]) -> TurnView:
    return TurnView(
        user_id=turn.user_id,
        name=names.get(turn.user_id, turn.user_id),
        shift_id=turn.shift_id,
        shift=turn.shift_name,
        day=str(turn.day),
        place=turn.place,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
    )


def _swaps(session: Session, viewer: Viewer, rota: Rota, names: Mapping[str, str], now_ms: int) -> list[SwapView]:
    shifts = {shift.id: shift.name for shift in rota.shifts}

    def view(row: RotaSwap) -> SwapView:
        return SwapView(
            id=row.id,
            asker=names.get(row.asker_id, row.asker_id),
            other=names.get(row.other_id, row.other_id),
            asked_of_me=row.other_id == viewer.user_id,
            shift=shifts.get(row.shift_id, "–"),
            day=row.day,
            back_shift=shifts.get(row.back_shift_id, ""),
            back_day=row.back_day,
            note=row.note,
            state=swaps.state_at(rota, row, now_ms),
            asked_at_ms=row.asked_at_ms,
        )

    return [view(row) for row in swaps.swaps_of(session, viewer.user_id)]
