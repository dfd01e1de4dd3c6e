"""Hand-over notes: written by the outgoing shift, shown until somebody of the incoming one has read them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.rota_tables import Handover, RotaRow
from anhu.registry.rows import check_facts

LONGEST_CHARS, MOST_UNREAD = 2000, 50


def write_note(
    session: Session, rota: RotaRow, *, shift_name: str, text: str, written_by: str, now_ms: int
) -> Handover:
    """Leave a note. Raises `FieldError` for one that is empty or too long, and while too many wait. [ms]."""
    if not 0 < len(text.strip()) <= LONGEST_CHARS:
        expected = f"1 to {LONGEST_CHARS} characters"
        raise FieldError("text", text, expected, zh=f"1 至 {LONGEST_CHARS} 个字符")
    waiting = select(func.count()).where(Handover.rota_id == rota.id, Handover.read_at_ms.is_(None))
    if (session.scalar(waiting) or 0) >= MOST_UNREAD:
        raise FieldError("text", text, "a place: read the notes that wait first", zh="请先阅读未读的交接班记录")
    row = Handover(
        id=new_id("ho"), rota_id=rota.id, shift_name=shift_name, text=text, written_by=written_by, at_ms=now_ms
    )
    check_facts(row)
    session.add(row)
    session.flush()
    return row


def read_note(row: Handover, *, by: str, now_ms: int) -> None:
    """Have read a note; the first reader counts. [ms]."""
    if row.read_at_ms is None:
        row.read_by, row.read_at_ms = by, now_ms


def notes_of(session: Session, rota_id: str, *, limit: int = MOST_UNREAD + 10) -> Sequence[Handover]:
    """Return the notes of a rota: unread ones first, then the last ones read."""
    query = select(Handover).where(Handover.rota_id == rota_id)
    return session.scalars(
        query.order_by(Handover.read_at_ms.is_not(None), Handover.at_ms.desc(), Handover.id).limit(limit)
    ).all()
