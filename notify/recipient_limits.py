"""How many messages a recipient may get in a minute and a day: counted in the database, by number or address.

So the limit holds across restarts, and for several dispatchers together (but for what they take in the same moment).
What the channel can take (`Capabilities.per_minute`) holds for all together, but for `notify.following_calls`.
What the installation allows is two shares, one of which only calls for help may use: whatever is less urgent never uses
that up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import UNDECIDED, WAITING, MessageState, Outbox, Receipt
from anhu.registry.tables import Contact
from notify.channel_type import Capabilities, Limits
from notify.following_calls import following

_LATER = (MessageState.DELIVERED, MessageState.READ, "together", "unconfirmed")
"""Receipts that are no attempt of their own: they come after it."""
_IN_VAIN = (MessageState.FAILED_TEMPORARY, MessageState.FAILED_PERMANENT)
"""Of attempts that brought nobody anything: an hour without a provider must not use up the day of who waits for it."""
_AFTERWARDS = tuple(state for state in _LATER if state != "together")
_NONE = Limits()


class _Recipient(NamedTuple):
    channel: str
    address: str


class _Share(NamedTuple):
    """What one recipient was sent, of one urgency."""

    who: _Recipient
    is_high: bool


class Spent:
    """What recipients were sent lately.

    Parameters
    ----------
    limits : RecipientLimits
        What they may be.
    minute, day : Counter
        Share -> how many of the last minute, of the last day.
    contacts : mapping
        Recipient -> its contacts.
    follows : mapping
        Recipient -> messages that do not wait for what its channel can take in a minute.
    """

    def __init__(
        self,
        limits: RecipientLimits,
        minute: Counter[_Share],
        day: Counter[_Share],
        contacts: Mapping[_Recipient, frozenset[str]],
        follows: Mapping[_Recipient, frozenset[int]],
    ) -> None:
        self._limits = limits
        self._minute = minute
        self._day = day
        self._contacts = contacts
        self._follows = {who: ids for who, ids in follows.items() if self._has_room(who, Priority.HIGH, follows=True)}

    @property
    def full(self) -> frozenset[str]:
        """Contacts that must wait with something, be it urgent or not."""
        return self.full_for(Priority.INFO) | self.full_for(Priority.HIGH)

    @property
    def past(self) -> frozenset[int]:
        """Messages that need not wait although their contact is full."""
        return frozenset().union(*self._follows.values())

    def full_for(self, priority: int) -> frozenset[str]:
        """Return contacts that must wait with messages of a priority."""
        full = [ids for who, ids in self._contacts.items() if not self._has_room(who, priority)]
        return frozenset().union(*full)

    def allows(self, contact: Contact, outbox: Outbox) -> bool:
        """Tell whether one more may go there now."""
        who = _Recipient(contact.channel, contact.address)
        return self._has_room(who, outbox.priority, follows=outbox.id in self._follows.get(who, ()))

    def take(self, contact: Contact, priority: int) -> None:
        """Count one more."""
        share = _Share(_Recipient(contact.channel, contact.address), priority >= Priority.HIGH)
        self._follows.pop(share.who, None)
        self._minute[share] += 1
        self._day[share] += 1

    def _has_room(self, who: _Recipient, priority: int, *, follows: bool = False) -> bool:
        is_high = priority >= Priority.HIGH
        limits, share = self._limits.of(who.channel), _Share(who, is_high)
        together = self._minute[_Share(who, is_high=True)] + self._minute[_Share(who, is_high=False)]
        a_minute, a_day = (
            (limits.high_per_minute, limits.high_per_day) if is_high else (limits.per_minute, limits.per_day)
        )
        counted = (
            (together, None if follows else self._limits.of_channel(who.channel)),
            (self._minute[share], a_minute),
            (self._day[share], a_day),
        )
        return all(limit is None or count < limit for count, limit in counted)


class RecipientLimits:
    """Looks how much is spent; asks nothing more of the database while nothing waits in a channel that has a limit.

    Parameters
    ----------
    channels : mapping
        Channel -> what it can do.
    limits : mapping
        Channel -> what the installation allows; one that is not named has no limit.
    """

    def __init__(self, channels: Mapping[str, Capabilities], limits: Mapping[str, Limits] | None = None) -> None:
        self._together = {name: can.per_minute for name, can in channels.items() if can.per_minute is not None}
        self._lines = {name for name, can in channels.items() if can.one_at_a_time}
        self._limits = {name: one for name, one in (limits or {}).items() if one.has_any}
        self._channels = sorted({*self._together, *self._limits})

    def of(self, channel: str) -> Limits:
        """Return what the installation allows."""
        return self._limits.get(channel, _NONE)

    def of_channel(self, channel: str) -> int | None:
        """Return how many a channel can take in a minute. [1/min]."""
        return self._together.get(channel)

    def spent(self, session: Session, now_ms: int) -> Spent:
        """Count the attempts of the last minute and day, and those on their way, to whom something waits. [ms]."""
        contacts = self._waiting(session) if self._channels else {}
        minute: Counter[_Share] = Counter()
        day: Counter[_Share] = Counter()
        if contacts:
            addresses = sorted({who.address for who in contacts})
            for channel, to, is_high, in_minute, in_day in session.execute(self._counted(addresses, now_ms)):
                share = _Share(_Recipient(channel, to), bool(is_high))
                minute[share], day[share] = int(in_minute), int(in_day)
        lines = {
            who: ids
            for who, ids in contacts.items()
            if who.channel in self._lines and any(minute[_Share(who, is_high)] for is_high in (True, False))
        }
        return Spent(self, minute, day, contacts, following(session, lines, _AFTERWARDS, now_ms))

    def held(self, session: Session, spent: Spent) -> int:
        """Count the messages that wait because their recipient has had its share."""
        of_all, of_others = spent.full_for(Priority.HIGH), spent.full_for(Priority.INFO)
        if not of_others and not of_all:
            return 0
        less = and_(Outbox.contact_id.in_(of_others), Outbox.priority < int(Priority.HIGH))
        most = and_(Outbox.contact_id.in_(of_all), Outbox.priority >= int(Priority.HIGH))
        held = select(func.count()).select_from(Outbox).where(or_(less, most), Outbox.state.in_(WAITING))
        return session.scalar(held) or 0

    def _waiting(self, session: Session) -> Mapping[_Recipient, frozenset[str]]:
        """Return to whom something waits in a channel that has a limit, and all contacts of the same address."""
        waits = select(Outbox.contact_id).where(Outbox.state.in_(UNDECIDED))
        of_these = (Contact.channel.in_(self._channels), Contact.id.in_(waits))
        addresses = {
            (row[0], row[1])
            for row in session.execute(select(Contact.channel, Contact.address).where(*of_these).distinct())
        }
        if not addresses:
            return {}
        same = select(Contact.id, Contact.channel, Contact.address).where(
            Contact.channel.in_(self._channels), Contact.address.in_({address for _, address in addresses})
        )
        found: dict[_Recipient, set[str]] = {}
        for contact_id, channel, address in session.execute(same):
            if (channel, address) in addresses:
                found.setdefault(_Recipient(channel, address), set()).add(contact_id)
        return {who: frozenset(ids) for who, ids in found.items()}

    def _counted(self, addresses: list[str], now_ms: int) -> Select[Any]:
        has_day = any(one.per_day is not None or one.high_per_day is not None for one in self._limits.values())
        since_ms = now_ms - (DAY_MS if has_day else MINUTE_MS)
        lately = and_(Receipt.at_ms > since_ms, Receipt.at_ms <= now_ms, Receipt.state.not_in(_LATER))
        is_high = case((Outbox.priority >= int(Priority.HIGH), 1), else_=0).label("is_high")
        came = case((Receipt.state.in_(_IN_VAIN), 0), else_=1).label("came")
        attempts = union_all(
            select(Outbox.contact_id, is_high, Receipt.at_ms.label("at_ms"), came)
            .join(Receipt, Receipt.outbox_id == Outbox.id)
            .where(lately),
            select(Outbox.contact_id, is_high, literal(now_ms).label("at_ms"), literal(1).label("came")).where(
                Outbox.state == MessageState.SENDING, Outbox.lease_until_ms > now_ms
            ),
        ).subquery()
        in_minute = func.sum(case((attempts.c.at_ms > now_ms - MINUTE_MS, 1), else_=0))
        return (
            select(Contact.channel, Contact.address, attempts.c.is_high, in_minute, func.sum(attempts.c.came))
            .join(attempts, attempts.c.contact_id == Contact.id)
            .where(Contact.channel.in_(self._channels), Contact.address.in_(addresses))
            .group_by(Contact.channel, Contact.address, attempts.c.is_high)
        )
