"""Leave: who is away, from which day to which."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.rota.editing import check_day, touch
from anhu.registry.rota.looking import owned_rota, owner_of
from anhu.registry.rota_tables import LeaveRow
from anhu.registry.rows import check_facts, existing
from anhu.registry.tables import User

MOST_AHEAD, LONGEST_DAYS = 50, 400


def take_leave(
    session: Session, *, user_id: str, from_day: str, until_day: str, note: str, set_by: str, now_ms: int
) -> LeaveRow:
    """Have somebody be away, both days included. Raises `FieldError`, `MissingRowError`. [ms]."""
    user = existing(session, User, user_id)
    first, last = check_day("from_day", from_day), check_day("until_day", until_day)
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise FieldError("until_day", until_day, f"0 to {LONGEST_DAYS - 1} days after the first", zh="不早于首日")
    ahead = (LeaveRow.user_id == user_id, LeaveRow.until_day >= str(first))
    if (session.scalar(select(func.count()).select_from(LeaveRow).where(*ahead)) or 0) >= MOST_AHEAD:
        raise FieldError("leave", MOST_AHEAD + 1, f"at most {MOST_AHEAD} ahead", zh=f"最多 {MOST_AHEAD} 条")
    row = LeaveRow(
        id=new_id("lv"),
        user_id=user_id,
        from_day=str(first),
        until_day=str(last),
        note=note,
        set_by=set_by,
        set_at_ms=now_ms,
    )
    check_facts(row)
    session.add(row)
    session.flush()
    _look_again(session, user)
    return row


def end_leave(session: Session, row: LeaveRow) -> None:
    """Take a leave back."""
    user = existing(session, User, row.user_id)
    session.delete(row)
    session.flush()
    _look_again(session, user)


def leaves_ahead(session: Session, user_ids: Sequence[str], today: str) -> Sequence[LeaveRow]:
    """Return leaves of some people that are not over, the nearest first."""
    ahead = select(LeaveRow).where(LeaveRow.user_id.in_(user_ids), LeaveRow.until_day >= today)
    return session.scalars(ahead.order_by(LeaveRow.from_day, LeaveRow.id).limit(200)).all()


def _look_again(session: Session, user: User) -> None:
    if (owner := owner_of(user)) and (row := owned_rota(session, *owner).row):
        touch(session, row)
