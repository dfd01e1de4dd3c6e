"""Swaps: one asks, the other accepts or not; it counts from then on."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS
from anhu.contract.errors import AnhuError, FieldError
from anhu.contract.identity import new_id
from anhu.registry.errors import MissingRowError
from anhu.registry.rota.duty import Stint, crew_of, leave_span_ms, stints
from anhu.registry.rota.editing import check_day, touch
from anhu.registry.rota.looking import read_rota
from anhu.registry.rota.model import Rota
from anhu.registry.rota.wall_clock import instant_ms
from anhu.registry.rota_tables import RotaChange, RotaRow, RotaSwap
from anhu.registry.rows import check_facts, existing

MOST_OPEN = 20


class SwapState(StrEnum):
    """What became of a swap."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody answered before the shift was over."""


class SwapOverError(AnhuError):
    """It was answered already, or does not fit the rota any more (409); `zh` says it in Chinese."""

    status = 409

    def __init__(self, said: str, *, zh: str) -> None:
        super().__init__(said)
        self.zh = zh


class Wanted(NamedTuple):
    """One shift of one day; no shift: nothing."""

    shift_id: str
    day: str


def ask_swap(
    session: Session,
    rota_row: RotaRow,
    *,
    asker_id: str,
    other_id: str,
    given: Wanted,
    back: Wanted,
    note: str,
    now_ms: int,
) -> RotaSwap:
    """Ask somebody to take a shift, for one of his or for none. Raises `FieldError` for what cannot be. [ms]."""
    if other_id == asker_id:
        raise FieldError("other_id", other_id, "somebody else", zh="另一位成员")
    rota = _rota_of(session, rota_row, [given, back], now_ms)
    _check_side(rota, given, now_ms, out_id=asker_id, in_id=other_id, field="shift_id")
    if back.shift_id:
        _check_side(rota, back, now_ms, out_id=other_id, in_id=asker_id, field="back_shift_id")
    mine = (RotaSwap.asker_id == asker_id, RotaSwap.state == SwapState.ASKED)
    if (session.scalar(select(func.count()).select_from(RotaSwap).where(*mine)) or 0) >= MOST_OPEN:
        raise FieldError("swap", MOST_OPEN + 1, f"at most {MOST_OPEN} open", zh=f"最多 {MOST_OPEN} 个待答复的换班")
    row = RotaSwap(
        id=new_id("sw"),
        rota_id=rota_row.id,
        asker_id=asker_id,
        other_id=other_id,
        shift_id=given.shift_id,
        day=given.day,
        back_shift_id=back.shift_id,
        back_day=back.day if back.shift_id else "",
        note=note,
        state=SwapState.ASKED,
        asked_at_ms=now_ms,
    )
    check_facts(row)
    session.add(row)
    session.flush()
    return row


def accept_swap(session: Session, swap_id: str, *, by: str, now_ms: int) -> RotaSwap:
    """Take the shift, from now on. Raises `SwapOverError` when it does not fit any more. [ms]."""
    row = _open_swap(session, swap_id, by, RotaSwap.other_id.key)
    rota_row = existing(session, RotaRow, row.rota_id, lock=True)
    given, back = Wanted(row.shift_id, row.day), Wanted(row.back_shift_id, row.back_day)
    rota = _rota_of(session, rota_row, [given, back], now_ms)
    try:
        _check_side(rota, given, now_ms, out_id=row.asker_id, in_id=row.other_id, field="shift_id")
        if back.shift_id:
            _check_side(rota, back, now_ms, out_id=row.other_id, in_id=row.asker_id, field="back_shift_id")
    except FieldError as error:
        said = f"the rota has changed since, or the shift is over: {error}"
        raise SwapOverError(said, zh=f"排班已有变化，或班次已结束：{error.said('zh-CN')}") from error
    _replace(session, row, given, out_id=row.asker_id, in_id=row.other_id, now_ms=now_ms)
    if back.shift_id:
        _replace(session, row, back, out_id=row.other_id, in_id=row.asker_id, now_ms=now_ms)
    row.state, row.answered_at_ms = SwapState.ACCEPTED, now_ms
    touch(session, rota_row)
    return row


def refuse_swap(session: Session, swap_id: str, *, by: str, now_ms: int) -> RotaSwap:
    """Say no. [ms]."""
    row = _open_swap(session, swap_id, by, RotaSwap.other_id.key)
    row.state, row.answered_at_ms = SwapState.REFUSED, now_ms
    return row


def withdraw_swap(session: Session, swap_id: str, *, by: str, now_ms: int) -> RotaSwap:
    """Take the question back. [ms]."""
    row = _open_swap(session, swap_id, by, RotaSwap.asker_id.key)
    row.state, row.answered_at_ms = SwapState.WITHDRAWN, now_ms
    return row


def expire_swaps(session: Session, rota_row: RotaRow, rota: Rota, now_ms: int) -> int:
    """End the swaps whose shift is over and which nobody answered; return how many. [ms]."""
    waiting = select(RotaSwap).where(RotaSwap.rota_id == rota_row.id, RotaSwap.state == SwapState.ASKED)
    over = [row for row in session.scalars(waiting) if state_at(rota, row, now_ms) is SwapState.EXPIRED]
    for row in over:
        row.state, row.answered_at_ms = SwapState.EXPIRED, now_ms
    return len(over)


def state_at(rota: Rota, row: RotaSwap, now_ms: int) -> SwapState:
    """Return how a swap stands: one that nobody answered is over with its shift. [ms]."""
    is_over = row.state == SwapState.ASKED and not _lies_ahead(rota, Wanted(row.shift_id, row.day), now_ms)
    return SwapState.EXPIRED if is_over else SwapState(row.state)


def swaps_of(session: Session, user_id: str, *, limit: int = 30) -> Sequence[RotaSwap]:
    """Return what somebody asked or was asked, the newest first."""
    mine = or_(RotaSwap.asker_id == user_id, RotaSwap.other_id == user_id)
    newest = select(RotaSwap).where(mine).order_by(RotaSwap.asked_at_ms.desc(), RotaSwap.id).limit(limit)
    return session.scalars(newest).all()


def _rota_of(session: Session, row: RotaRow, wanted: Sequence[Wanted], now_ms: int) -> Rota:
    days = [check_day("day", one.day) for one in wanted if one.shift_id]
    spans = [now_ms, *(instant_ms(day, 0, ZoneInfo(row.time_zone)) for day in days)]
    return read_rota(session, row.owner_kind, row.owner_id, min(spans), max(spans) + DAY_MS)


def _stint(rota: Rota, wanted: Wanted) -> Stint | None:
    day = check_day("day", wanted.day)
    return next((one for one in stints(rota, day, day) if one.shift.id == wanted.shift_id), None)


def _lies_ahead(rota: Rota, wanted: Wanted, now_ms: int) -> bool:
    stint = _stint(rota, wanted)
    return stint is not None and stint.end_ms > now_ms


def _check_side(rota: Rota, wanted: Wanted, now_ms: int, *, out_id: str, in_id: str, field: str) -> None:
    """Raise `FieldError` unless one has that shift, the other has not and can take it, and it is not over."""
    stint = _stint(rota, wanted)
    told = f"{wanted.shift_id} {wanted.day}"
    if stint is None or stint.end_ms <= now_ms:
        raise FieldError(field, told, "a shift that is not over", zh="尚未结束的班次")
    at_ms = max(now_ms, stint.start_ms)
    crew = crew_of(rota, stint, at_ms)
    if out_id not in crew:
        raise FieldError(field, told, "a shift of the one who gives it", zh="让出者本人的班次")
    if in_id not in rota.members or in_id in crew:
        raise FieldError(field, told, "a member who is not on that shift", zh="未在该班次上的成员")
    spans = [leave_span_ms(rota, one) for one in rota.leaves if one.user_id == in_id]
    if any(start < stint.end_ms and end > at_ms for start, end in spans):
        raise FieldError(field, told, "somebody who is not on leave then", zh="届时未休假的成员")


def _replace(session: Session, swap: RotaSwap, wanted: Wanted, *, out_id: str, in_id: str, now_ms: int) -> None:
    session.add(
        RotaChange(
            id=new_id("rc"),
            rota_id=swap.rota_id,
            shift_id=wanted.shift_id,
            day=wanted.day,
            since_ms=now_ms,
            crew=None,
            out_id=out_id,
            in_id=in_id,
            swap_id=swap.id,
            set_by=swap.other_id,
            set_at_ms=now_ms,
        )
    )


def _open_swap(session: Session, swap_id: str, by: str, whose: str) -> RotaSwap:
    row = existing(session, RotaSwap, swap_id, lock=True)
    if getattr(row, whose) != by:
        raise MissingRowError("rota_swap", swap_id)
    if row.state != SwapState.ASKED:
        raise SwapOverError(f"this swap is {row.state}", zh="此换班已有答复、已撤回或已过期")
    return row
