"""Looks for gaps in rotas before they happen, and has the lead told: when one is found, a day ahead, when it begins.

Each rota has a time at which it is looked at next; a change of it, or of a leave, says: now. One rota a time, in a
transaction that others wait for: a page must not wait for fourteen days of shifts of a whole city.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.identity import new_id
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.writing import Draft, put
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.roles import Role
from anhu.registry.rota.looking import CENTRE, read_rota
from anhu.registry.rota.stretches import AHEAD_MS, RotaGap, gaps_ahead
from anhu.registry.rota.swaps import expire_swaps
from anhu.registry.rota_tables import RotaGapRow, RotaRow
from anhu.registry.tables import Centre, Contact, Team, User

ROTA_GAP = "rota_gap"
_SOON_MS = DAY_MS
_EVERY_MS = 5 * MINUTE_MS
"""So soon is seen what changes without a word: a member who is disabled, or moves."""
_MOST_GAPS = 100
"""Of one rota at a time; the nearest."""


class Told(StrEnum):
    """Why a lead is told of a gap, in this order."""

    AHEAD = "ahead"
    SOON = "soon"
    NOW = "now"


_ORDER = ("", *Told)


def look_at_one(session: Session, now_ms: int) -> int:
    """Look at the rota that is due, if one is; return how many messages were written. [ms]."""
    due = select(RotaRow).where(RotaRow.look_at_ms <= now_ms).order_by(RotaRow.look_at_ms, RotaRow.id).limit(1)
    row = session.scalar(due.with_for_update(skip_locked=True))
    if row is None:
        return 0
    rota = read_rota(session, row.owner_kind, row.owner_id, now_ms, now_ms + AHEAD_MS + DAY_MS)
    found = gaps_ahead(rota, now_ms)[:_MOST_GAPS]
    known = _matched(session, row, found, now_ms)
    messages = _tell_all(session, row, known, now_ms)
    expire_swaps(session, row, rota, now_ms)
    turning = [at for gap in known for at in (gap.start_ms - _SOON_MS, gap.start_ms) if at > now_ms]
    row.look_at_ms = min([now_ms + _EVERY_MS, *turning])
    session.flush()
    return messages


def _matched(session: Session, row: RotaRow, found: Sequence[RotaGap], now_ms: int) -> list[RotaGapRow]:
    """Return a row per gap: one that is known already where it overlaps, so that nobody is told twice."""
    open_rows = list(
        session.scalars(
            select(RotaGapRow)
            .where(RotaGapRow.rota_id == row.id, RotaGapRow.closed.is_(False))
            .order_by(RotaGapRow.start_ms)
        )
    )
    matched = []
    for gap in found:
        known = next((one for one in open_rows if _is_same(one, gap)), None)
        if known is None:
            known = RotaGapRow(id=new_id("gap"), rota_id=row.id, kind=gap.kind.value, start_ms=0, end_ms=0, told="")
            session.add(known)
        else:
            open_rows.remove(known)
        if not (known.told and gap.start_ms <= now_ms):
            known.start_ms = gap.start_ms  # that of one that runs already is when it began
        more = {"more": (known.facts or {}).get("more", 0)}
        known.end_ms, known.facts = gap.end_ms, _facts(session, row, gap) | more
        matched.append(known)
    for over in open_rows:
        over.closed = True
    session.flush()
    return matched


def _is_same(row: RotaGapRow, gap: RotaGap) -> bool:
    return row.kind == gap.kind and row.start_ms < gap.end_ms and gap.start_ms < row.end_ms


def _facts(session: Session, row: RotaRow, gap: RotaGap) -> dict[str, object]:
    users = {one.user_id for one in gap.absent}
    known = session.execute(select(User.id, User.name).where(User.id.in_(users))).all() if users else ()
    names = dict(known)
    table = Centre if row.owner_kind == CENTRE else Team
    name = session.scalar(select(table.name).where(table.id == row.owner_id))
    return {
        "owner": f"{row.owner_kind}:{row.owner_id}",
        "owner_name": name or row.owner_id,
        "time_zone": row.time_zone,
        "shifts": list(dict.fromkeys(one.shift.name for one in gap.shifts)),
        "absent": [{"name": names.get(one.user_id, one.user_id), "why": one.why.value} for one in gap.absent],
    }


def _tell_all(session: Session, row: RotaRow, known: Sequence[RotaGapRow], now_ms: int) -> int:
    """Tell each gap that is near by itself; of those that are new and far the first, and how many more there are."""
    news = [(stage, gap) for gap in known if _ORDER.index(stage := _stage(gap, now_ms)) > _ORDER.index(gap.told)]
    near = [(stage, gap) for stage, gap in news if stage is not Told.AHEAD]
    far = [gap for stage, gap in news if stage is Told.AHEAD]
    messages = sum(_tell(session, row, stage, [gap], now_ms) for stage, gap in near)
    return messages + (_tell(session, row, Told.AHEAD, far, now_ms) if far else 0)


def _stage(gap: RotaGapRow, now_ms: int) -> Told:
    if gap.start_ms <= now_ms:
        return Told.NOW
    return Told.SOON if gap.start_ms - now_ms <= _SOON_MS else Told.AHEAD


def _tell(session: Session, row: RotaRow, stage: Told, news: Sequence[RotaGapRow], now_ms: int) -> int:
    gap = news[0]
    priority = Priority.HIGH if stage is Told.NOW else Priority.MEDIUM
    drafts = [
        Draft(
            key=f"{ROTA_GAP}:{gap.id}:{stage}:{contact.id}",
            subject=SubjectRef(ROTA_GAP, gap.id),
            contact_id=contact.id,
            reason=stage.value,
            priority=priority,
            resident_id=None,
            due_at_ms=None,
            data={},
        )
        for contact in told_of_gaps(session, row, priority)
    ]
    if drafts:  # else it is tried again at the next look: the page shows it meanwhile
        gap.facts = gap.facts | {"more": len(news) - 1}
        for one in news:
            one.told = stage.value
    return put(session, drafts, now_ms=now_ms)


def told_of_gaps(session: Session, row: RotaRow, priority: Priority) -> Sequence[Contact]:
    """Return the contacts of the leads; where they have none, of the desk or team itself, then of administrators."""
    place = User.centre_id if row.owner_kind == CENTRE else User.team_id
    leads = select(User.id).where(User.enabled, User.is_lead, place == row.owner_id)
    administrators = select(User.id).where(User.enabled, User.role == Role.ADMIN)
    usable = (Contact.enabled, Contact.channel != CALL_ONLY, Contact.min_priority <= int(priority))
    for owned in (
        (Contact.owner_kind == "user", Contact.owner_id.in_(leads)),
        (Contact.owner_kind == row.owner_kind, Contact.owner_id == row.owner_id),
        (Contact.owner_kind == "user", Contact.owner_id.in_(administrators)),
    ):
        if found := session.scalars(select(Contact).where(*usable, *owned).order_by(Contact.id)).all():
            return found
    return ()
