"""How many messages a recipient may get in a minute, where a channel says so: counted in the database.

So the limit holds across restarts, and for several dispatchers together (but for what they take in the same moment).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import and_, func, select, union_all
from sqlalchemy.orm import Session

from anhu.contract.clock import MINUTE_MS
from anhu.outbox.tables import WAITING, MessageState, Outbox, Receipt
from anhu.registry.tables import Contact
from notify.channel_type import Capabilities


class _Recipient(NamedTuple):
    channel: str
    address: str


class Spent:
    """What recipients were sent in the last minute.

    Parameters
    ----------
    limits : mapping
        Channel -> messages a minute.
    sent : Counter
        Recipient -> how many it got.
    full : set of str
        Contacts that must wait.
    """

    def __init__(self, limits: Mapping[str, int], sent: Counter[_Recipient], full: frozenset[str]) -> None:
        self._limits = limits
        self._sent = sent
        self.full = full

    def allows(self, contact: Contact) -> bool:
        """Tell whether one more may go there now."""
        limit = self._limits.get(contact.channel)
        return limit is None or self._sent[_Recipient(contact.channel, contact.address)] < limit

    def take(self, contact: Contact) -> None:
        """Count one more."""
        self._sent[_Recipient(contact.channel, contact.address)] += 1


class RecipientLimits:
    """Looks how much is spent; asks nothing of the database where no channel has a limit.

    Parameters
    ----------
    channels : mapping
        Channel -> what it can do.
    """

    def __init__(self, channels: Mapping[str, Capabilities]) -> None:
        self._limits = {name: can.per_minute for name, can in channels.items() if can.per_minute is not None}

    def spent(self, session: Session, now_ms: int) -> Spent:
        """Count the attempts of the last minute, and those on their way. [ms]."""
        if not self._limits:
            return Spent({}, Counter(), frozenset())
        sent = self._sent(session, now_ms)
        full = [who for who, count in sent.items() if count >= self._limits[who.channel]]
        return Spent(self._limits, sent, self._contacts(session, full))

    def held(self, session: Session, spent: Spent) -> int:
        """Count the messages that wait because their recipient has had its share."""
        if not spent.full:
            return 0
        waiting = (Outbox.contact_id.in_(spent.full), Outbox.state.in_(WAITING))
        held = select(func.count()).select_from(Outbox).where(*waiting)
        return session.scalar(held) or 0

    def _sent(self, session: Session, now_ms: int) -> Counter[_Recipient]:
        lately = and_(Receipt.at_ms > now_ms - MINUTE_MS, Receipt.at_ms <= now_ms)
        attempts = union_all(
            select(Outbox.contact_id).join(Receipt, Receipt.outbox_id == Outbox.id).where(lately),
            select(Outbox.contact_id).where(Outbox.state == MessageState.SENDING, Outbox.lease_until_ms > now_ms),
        ).subquery()
        counted = (
            select(Contact.channel, Contact.address, func.count())
            .join(attempts, attempts.c.contact_id == Contact.id)
            .where(Contact.channel.in_(self._limits))
            .group_by(Contact.channel, Contact.address)
        )
        return Counter({_Recipient(channel, to): count for channel, to, count in session.execute(counted)})

    @staticmethod
    def _contacts(session: Session, full: list[_Recipient]) -> frozenset[str]:
        if not full:
            return frozenset()
        named = select(Contact).where(Contact.address.in_({who.address for who in full}))
        return frozenset(c.id for c in session.scalars(named) if _Recipient(c.channel, c.address) in full)
