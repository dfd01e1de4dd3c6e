"""Several messages of one resident to one contact go as one; each keeps its own receipt.

Those that are not urgent wait for the end of a short stretch of time that is the same for all, so that nobody has to
remember who waits for whom. Calls for help never wait; those that are due in the same moment are said in one telephone
call, for a second one would find the line busy. Residents are never mixed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import Outbox
from notify.channel import Message
from notify.channel_type import Capabilities, Limits

if TYPE_CHECKING:
    from notify.due import Found

LEAD = "together_with"
"""In the data of a message that went with another: which one."""
_LED = "together_lead"
"""In the data of the other: which went with it."""
_AND = "、"
_MOST = 10


class Bundling:
    """Says what waits for what.

    Parameters
    ----------
    limits : mapping
        Channel -> its limits, with the stretch of time.
    channels : mapping
        Channel -> what it can do.
    """

    def __init__(self, limits: Mapping[str, Limits], channels: Mapping[str, Capabilities]) -> None:
        self._lines = {name for name, can in channels.items() if can.one_at_a_time}
        self._stretch_ms = {name: round(one.bundle_s * SECOND_MS) for name, one in limits.items() if one.bundle_s}

    def waits_until_ms(self, found: Found, now_ms: int) -> int | None:
        """Return until when a message waits for others; None: it goes now. [ms]."""
        outbox = found.outbox
        stretch_ms = self._stretch_ms.get(found.contact.channel)
        if stretch_ms is None or not _may_wait(outbox):
            return None
        ends_ms = (outbox.created_at_ms // stretch_ms + 1) * stretch_ms
        return ends_ms if now_ms < ends_ms <= now_ms + stretch_ms else None

    def goes_with(self, found: Found, others: Sequence[Found]) -> Found | None:
        """Return which of those that go now a message goes with; None: it goes alone, or leads."""
        if not self._may_go(found):
            return None
        return next((one for one in others if _is_alike(one.outbox, found.outbox)), None)

    def _may_go(self, found: Found) -> bool:
        """Tell whether a message may go with another at all."""
        if found.outbox.priority >= Priority.HIGH:
            return found.contact.channel in self._lines and found.outbox.resident_id is not None
        return found.contact.channel in self._stretch_ms and _may_wait(found.outbox)


def note_together(rows: Sequence[Outbox]) -> None:
    """Write into messages that go as one which is the first of them: what is said of that is said of all."""
    lead, *others = rows
    lead.data = {**lead.data, _LED: [row.id for row in others]}
    for row in others:
        row.data = {**row.data, LEAD: lead.id}


def note_alone(row: Outbox) -> None:
    """Forget with what a message went before."""
    if LEAD in row.data or _LED in row.data:
        row.data = {name: value for name, value in row.data.items() if name not in {LEAD, _LED}}


def merged(messages: Sequence[Message]) -> Message:
    """Return one message that says what several say."""
    lead = messages[0]
    if len(messages) == 1:
        return lead
    titles = list(dict.fromkeys(str(one.data.get("title") or one.subject) for one in messages))[:_MOST]
    text = "\n".join([lead.text, *(one.subject for one in messages[1 : _MOST + 1])])
    data = {**lead.data, "title": _AND.join(titles), "together": [dict(one.data) for one in messages[1:]]}
    return dataclasses.replace(lead, text=text, data=data)


def followers_of(session: Session, number: int) -> Sequence[int]:
    """Return the messages that went with one, without itself."""
    lead = session.get(Outbox, number)
    led = lead.data.get(_LED, ()) if lead is not None else ()
    if not led:
        return ()
    rows = session.scalars(select(Outbox).where(Outbox.id.in_(led)).order_by(Outbox.id))
    return [row.id for row in rows if row.data.get(LEAD) == number]


def _may_wait(outbox: Outbox) -> bool:
    return outbox.priority < Priority.HIGH and outbox.resident_id is not None and outbox.attempts == 0


def _is_alike(one: Outbox, other: Outbox) -> bool:
    names = ("contact_id", "resident_id", "subject_kind")
    is_high = [row.priority >= Priority.HIGH for row in (one, other)]
    return is_high[0] == is_high[1] and all(getattr(one, name) == getattr(other, name) for name in names)
