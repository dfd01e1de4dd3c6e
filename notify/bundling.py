"""Several messages of one resident to one contact that are not urgent go as one; each keeps its own receipt.

They wait for the end of a short stretch of time that is the same for all, so that nobody has to remember who waits for
whom. Calls for help never wait, and residents are never mixed.
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
from notify.channel_type import Limits

if TYPE_CHECKING:
    from notify.due import Found

LEAD = "together_with"
"""In the data of a message that went with another: which one."""
_AND = "、"
_MOST = 10


class Bundling:
    """Says what waits for what.

    Parameters
    ----------
    limits : mapping
        Channel -> its limits, with the stretch of time.
    """

    def __init__(self, limits: Mapping[str, Limits]) -> None:
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
        if found.contact.channel not in self._stretch_ms or not _may_wait(found.outbox):
            return None
        return next((one for one in others if _is_alike(one.outbox, found.outbox)), None)


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
    if lead is None or lead.priority >= Priority.HIGH or lead.resident_id is None:
        return ()
    alike = (Outbox.contact_id == lead.contact_id, Outbox.resident_id == lead.resident_id, Outbox.id != number)
    rows = session.scalars(select(Outbox).where(*alike).order_by(Outbox.id))
    return [row.id for row in rows if row.data.get(LEAD) == number]


def _may_wait(outbox: Outbox) -> bool:
    return outbox.priority < Priority.HIGH and outbox.resident_id is not None and outbox.attempts == 0


def _is_alike(one: Outbox, other: Outbox) -> bool:
    names = ("contact_id", "resident_id", "subject_kind")
    return one.priority < Priority.HIGH and all(getattr(one, name) == getattr(other, name) for name in names)
