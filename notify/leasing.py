"""Takes due messages for one dispatcher, or drops what nobody needs any more. No network here.

A row that is being sent is leased for a time: if the dispatcher dies in between, the lease runs out and the row is sent
again with the same idempotency key. So a message is sent at least once, and a receiver can tell a second copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.tables import MessageState, Outbox
from anhu.registry.quiet_hours import quiet_until_ms
from notify.bundling import Bundling, merged, note_alone, note_together
from notify.channel import Message, Recipient
from notify.composer import Composer
from notify.due import FARTHEST_MS, DueMessages, Found
from notify.recipient_limits import Spent

PUT_OFF = "put_off"
"""In the data of a message that waited for quiet hours to end: it says so."""


class Job(NamedTuple):
    """A leased message, ready to be sent.

    Attributes
    ----------
    broken : str
        Why it cannot be sent at all; empty when it can.
    together : tuple of Job
        Messages that this one says, too: what becomes of it becomes of them.
    since_ms : int
        When it was first to be sent. [ms]
    received_ms : int
        When a device's message came of which this is the first word; 0: it is about something else. [ms]
    trace : str
        The name of that message's trace; empty without one.
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
    together: tuple[Job, ...] = ()
    since_ms: int = 0
    received_ms: int = 0
    trace: str = ""


class Leasing:
    """Takes due messages.

    Parameters
    ----------
    due : DueMessages
        Finds what is due.
    composer : Composer
        Knows whether it is still needed, and what it says.
    bundling : Bundling, optional
        Knows what waits for what.
    zone : tzinfo
        By whose clock quiet hours are told where the home has none of its own.

    Attributes
    ----------
    counters : Counter
        ``waited_quiet``: messages that were put off until quiet hours end; ``together``: that went with another.
    """

    def __init__(
        self, due: DueMessages, composer: Composer, bundling: Bundling | None = None, zone: tzinfo = UTC
    ) -> None:
        self._due = due
        self._composer = composer
        self._bundling = bundling or Bundling({}, {})
        self._zone = zone
        self.counters: Counter[str] = Counter()

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
        full = {contact for contact, count in busy.items() if count >= per_contact} | spent.full_for(min_priority)
        bundles: list[list[Found]] = []
        on_their_way = Counter(busy)
        for found in self._due.find(
            session, now_ms, limit=limit, min_priority=min_priority, full=full, past=spent.past
        ):
            contact, outbox = found.contact, found.outbox
            if not self._composer.may_go_to(found) or not self._composer.is_needed(found):
                outbox.state = MessageState.CANCELLED
            elif (later_ms := self._put_off(found, now_ms)) is not None:
                outbox.due_at_ms = later_ms
            elif (bundle := self._bundle_of(found, bundles)) is not None:
                bundle.append(found)
            elif on_their_way[contact.id] < per_contact and spent.allows(contact, outbox):
                on_their_way[contact.id] += 1
                spent.take(contact, outbox.priority)
                bundles.append([found])
        return [job for bundle in bundles for job in self._bundled(session, bundle, now_ms, until_ms)]

    def _bundle_of(self, found: Found, bundles: Sequence[list[Found]]) -> list[Found] | None:
        """Return with which others a message goes; None: it goes alone, or leads."""
        alike = [one[0] for one in bundles if self._composer.may_go_together(one[0], found)]
        lead = self._bundling.goes_with(found, alike)
        return next((bundle for bundle in bundles if bundle[0] is lead), None)

    def _put_off(self, found: Found, now_ms: int) -> int | None:
        """Return until when a message waits for quiet hours to end or for others to go with; None: not. [ms]."""
        outbox, contact = found.outbox, found.contact
        if outbox.priority >= Priority.HIGH or self._composer.is_awaited(found):
            return None
        zone = ZoneInfo(found.zone) if found.zone else self._zone
        quiet_ms = quiet_until_ms(contact.quiet_from, contact.quiet_until, zone, now_ms)
        if quiet_ms is None:
            return self._bundling.waits_until_ms(found, now_ms)
        if not outbox.data.get(PUT_OFF):
            outbox.data = {**outbox.data, PUT_OFF: True}
            self.counters["waited_quiet"] += 1
        return quiet_ms if outbox.attempts == 0 else min(quiet_ms, now_ms + FARTHEST_MS - SECOND_MS)

    def _bundled(self, session: Session, bundle: Sequence[Found], now_ms: int, until_ms: int) -> list[Job]:
        """Return one message that says all; one that cannot be said at all fails by itself."""
        taken = [(found, self._taken(found, now_ms, until_ms)) for found in bundle]
        broken = [job for _, job in taken if job.broken]
        said = [(found, job) for found, job in taken if not job.broken]
        jobs = [job for _, job in said]
        if len(said) > 1:
            self.counters["together"] += len(said) - 1
            note_together([found.outbox for found, _ in said])
            self._composer.join(session, [found for found, _ in said], now_ms)
            message = merged([job.message for job in jobs])
            jobs = [jobs[0]._replace(message=message, together=tuple(jobs[1:]))]
        return [*jobs, *broken]

    def _taken(self, found: Found, now_ms: int, until_ms: int) -> Job:
        outbox, contact = found.outbox, found.contact
        message, broken = self._composer.compose(found, now_ms)
        outbox.state = MessageState.SENDING
        outbox.lease_until_ms = until_ms
        outbox.attempts += 1
        note_alone(outbox)
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
            since_ms=_since_ms(outbox),
            received_ms=int(outbox.data.get("received_ms", 0)),
            trace=str(outbox.data.get("trace", "")),
        )


def _since_ms(outbox: Outbox) -> int:
    """Return since when it waits: what was put off waits since then, what is tried again since it was new. [ms]."""
    is_first = outbox.attempts == 1
    return max(outbox.created_at_ms, outbox.due_at_ms) if is_first else outbox.created_at_ms
