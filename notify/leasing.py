"""Takes due messages for one dispatcher, or drops what nobody needs any more. No network here.

A row that is being sent is leased for a time: if the dispatcher dies in between, the lease runs out and the row is sent
again with the same idempotency key. So a message is sent at least once, and a receiver can tell a second copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import MessageState
from notify.channel import Message, Recipient
from notify.composer import Composer
from notify.due import DueMessages, Found
from notify.recipient_limits import Spent


class Job(NamedTuple):
    """A leased message, ready to be sent.

    Attributes
    ----------
    broken : str
        Why it cannot be sent at all; empty when it can.
    """

    outbox_id: int
    subject: SubjectRef
    contact_id: str
    channel: str
    priority: int
    attempt: int
    message: Message
    to: Recipient
    broken: str


class Leasing:
    """Takes due messages.

    Parameters
    ----------
    due : DueMessages
        Finds what is due.
    composer : Composer
        Knows whether it is still needed, and what it says.
    """

    def __init__(self, due: DueMessages, composer: Composer) -> None:
        self._due = due
        self._composer = composer

    def lease(
        self,
        session: Session,
        now_ms: int,
        *,
        until_ms: int,
        limit: int,
        min_priority: Priority,
        busy: Mapping[str, int],
        per_contact: int,
        spent: Spent,
    ) -> list[Job]:
        """Take due messages, most urgent and oldest first, and drop those that nobody needs any more. [ms].

        Parameters
        ----------
        until_ms : int
            When somebody else may take them. [ms]
        min_priority : Priority
            Only this urgent or more: some of the dispatcher's room is kept free for high.
        busy : mapping
            Contact -> how many messages are on their way to it.
        per_contact : int
            How many may be: a contact that hangs must not keep the others waiting.
        spent : Spent
            How much of their channel's limit recipients have used up; what is taken here is added.
        """
        full = {contact for contact, count in busy.items() if count >= per_contact} | spent.full
        jobs: list[Job] = []
        on_their_way = Counter(busy)
        for found in self._due.find(session, now_ms, limit=limit, min_priority=min_priority, full=full):
            contact = found.contact
            if on_their_way[contact.id] >= per_contact or not spent.allows(contact):
                continue
            if not self._composer.may_go_to(found) or not self._composer.is_needed(found):
                found.outbox.state = MessageState.CANCELLED
                continue
            on_their_way[contact.id] += 1
            spent.take(contact)
            jobs.append(self._taken(found, until_ms))
        return jobs

    def _taken(self, found: Found, until_ms: int) -> Job:
        outbox, contact = found.outbox, found.contact
        message, broken = self._composer.compose(found)
        outbox.state = MessageState.SENDING
        outbox.lease_until_ms = until_ms
        outbox.attempts += 1
        return Job(
            outbox_id=outbox.id,
            subject=outbox.subject,
            contact_id=contact.id,
            channel=contact.channel,
            priority=outbox.priority,
            attempt=outbox.attempts,
            message=message,
            to=Recipient(address=contact.address, secret=contact.secret),
            broken=broken,
        )
