"""Which calls for help may follow at once on a line that takes one message at a time: a telephone.

Its share of a minute is there so that nobody's telephone rings all day. But whoever fell and then presses the button
must not wait for that share: her second call for help follows as soon as the first call has ended, and so does news of
what the first one said milder. What has waited for a whole share follows, too: it waits for nobody's second call.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Row, literal, select, union_all
from sqlalchemy.orm import Session

from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import WAITING, MessageState, Outbox, Receipt

_SAYS: Any = (Outbox.contact_id, Outbox.resident_id, Outbox.subject_id, Outbox.priority)
_Line = TypeVar("_Line", bound=Hashable)
CALL_MS = 30 * SECOND_MS
"""A call of which nobody says that it ended has ended after so long: it is said twice. [ms]"""


def following(
    session: Session, lines: Mapping[_Line, Collection[str]], after: Collection[str], now_ms: int
) -> Mapping[_Line, frozenset[int]]:
    """Return the messages that need not wait for the share of a line; lines without any are left out. [ms].

    Parameters
    ----------
    lines : mapping
        Line -> its contacts, where one is full and something waits.
    after : collection of str
        States of receipts that come after a call.
    """
    if not lines:
        return {}
    contacts = sorted({contact for ids in lines.values() for contact in ids})
    calls = _calls(session, contacts, after, now_ms)
    waits = select(*_SAYS, Outbox.id, Outbox.created_at_ms).where(
        Outbox.state.in_(WAITING), Outbox.contact_id.in_(contacts), Outbox.priority >= int(Priority.HIGH)
    )
    waiting: Sequence[Any] = session.execute(waits).all()
    found: dict[_Line, frozenset[int]] = {}
    for line, ids in lines.items():
        made = [call for call in calls if call.contact_id in ids]
        if not made or any(_goes_on(call, now_ms) for call in made):
            continue
        mine = [row for row in waiting if row.contact_id in ids and _follows(row, made, now_ms)]
        if mine:
            found[line] = _one_call(mine)
    return found


def _follows(row: Row[Any], made: Sequence[Row[Any]], now_ms: int) -> bool:
    """Tell whether a message may follow these calls."""
    is_hers = row.resident_id in {call.resident_id for call in made if call.resident_id is not None}
    return row.created_at_ms <= now_ms - MINUTE_MS or (is_hers and not _is_said(row, made))


def _one_call(rows: Sequence[Row[Any]]) -> frozenset[int]:
    """Return the messages that the next call may say: what else waits must not stand before other people's."""
    first = min(rows, key=lambda row: (row.created_at_ms, row.id))
    said = (first.contact_id, first.resident_id)
    return frozenset(row.id for row in rows if (row.contact_id, row.resident_id) == said)


def _calls(session: Session, contacts: Collection[str], after: Collection[str], now_ms: int) -> Sequence[Row[Any]]:
    """Return the calls of the last minute, and those on their way."""
    tried = (Receipt.at_ms > now_ms - MINUTE_MS, Receipt.at_ms <= now_ms, Receipt.state.not_in(after))
    made = (
        select(*_SAYS, Outbox.state, Receipt.at_ms.label("at_ms"))
        .join(Receipt, Receipt.outbox_id == Outbox.id)
        .where(*tried)
    )
    begun = select(*_SAYS, Outbox.state, literal(now_ms).label("at_ms")).where(Outbox.state == MessageState.SENDING)
    mine = Outbox.contact_id.in_(contacts)
    calls: Sequence[Row[Any]] = session.execute(union_all(made.where(mine), begun.where(mine))).all()
    return calls


def _is_said(row: Row[Any], made: Sequence[Row[Any]]) -> bool:
    """Tell whether one of these calls was about the same, and no milder."""
    return any(call.subject_id == row.subject_id and call.priority >= row.priority for call in made)


def _goes_on(call: Row[Any], now_ms: int) -> bool:
    """Tell whether a call has not ended yet, as far as anybody knows."""
    is_new = bool(call.at_ms > now_ms - CALL_MS)
    return call.state == MessageState.SENDING or (call.state == MessageState.SENT and is_new)
