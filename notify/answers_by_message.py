"""Answers that providers bring: whose they are, which alarm they mean. What cannot be told apart is not guessed.

A key or a button comes with the message that it answers. A reply by SMS comes with a number: it means the only open
alarm that this number was told of, or the one that its code names. If several are open and none is named, each alarm's
history says that a reply came which could mean it, and paging goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.answer_tables import ReplyCode
from alerts.episodes.answer_links import open_for
from alerts.episodes.answering import answer
from alerts.episodes.lifecycle import Wanted
from alerts.subject import ALERT
from alerts.tables import Alert, AlertEvent
from anhu.outbox.callback_tables import Callback
from anhu.outbox.tables import Outbox
from anhu.registry.tables import Contact
from notify.bundling import followers_of
from notify.callback_reader import News
from notify.late_receipts import message_of

_LONGEST_SHOWN = 100


class _Meant(NamedTuple):
    """Which alarm an answer is about, who answers, and the priority that he was told."""

    alert_id: str
    contact: Contact
    heard: int | None


class AnswersByMessage:
    """Applies answers, in the caller's transaction.

    Attributes
    ----------
    counters : Counter
        ``answered``; ``replies_unclear``: that could mean several alarms, or nothing that we know;
        ``replies_of_strangers``: of numbers that are no contact, or were told of nothing that is open.
    """

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()

    def apply(self, session: Session, row: Callback, one: News, now_ms: int) -> bool:
        """Apply an answer; False when the message that it answers is not known yet. [ms]."""
        if one.key or one.provider_id:
            return self._of_message(session, row, one, now_ms)
        self._of_number(session, row, one, now_ms)
        return True

    def _of_message(self, session: Session, row: Callback, one: News, now_ms: int) -> bool:
        number = message_of(session, row.channel, one)
        if number is None:
            return False
        for each in (number, *followers_of(session, number)):
            self._to(session, row, one, each, now_ms)
        return True

    def _to(self, session: Session, row: Callback, one: News, number: int, now_ms: int) -> None:
        outbox = session.get_one(Outbox, number)
        if outbox.subject_kind != ALERT or session.get(Alert, outbox.subject_id) is None:
            self.counters["replies_unclear"] += 1
            return
        contact = session.get_one(Contact, outbox.contact_id)
        if not contact.enabled:
            self.counters["replies_of_strangers"] += 1
        elif one.answer:
            self._answer(session, row, one, _Meant(outbox.subject_id, contact, outbox.priority), now_ms)
        else:
            self._unclear(session, row, one, [(outbox.subject_id, contact)], now_ms)

    def _of_number(self, session: Session, row: Callback, one: News, now_ms: int) -> None:
        may_mean = open_for(session, _contacts(session, row.channel, (one.address, *one.spelt)), now_ms)
        if not may_mean:
            self.counters["replies_of_strangers"] += 1
            return
        meant = [found for found in may_mean if found[0].code == one.code] if one.code else list(may_mean)
        alarms = sorted({code.alert_id for code, _ in meant})
        is_one_message = len({code.code for code, _ in meant}) == 1
        if not one.answer or not (len(alarms) == 1 or is_one_message):
            self._unclear(session, row, one, [(code.alert_id, to) for code, to in meant or may_mean], now_ms)
            return
        for alert_id in alarms:
            _, contact = _own([found for found in meant if found[0].alert_id == alert_id])
            heard = _said_last(session, alert_id, contact)
            self._answer(session, row, one, _Meant(alert_id, contact, heard), now_ms)

    def _answer(self, session: Session, row: Callback, one: News, meant: _Meant, now_ms: int) -> None:
        answer(
            session,
            meant.alert_id,
            by=meant.contact,
            via=row.channel,
            what=Wanted(one.answer),
            now_ms=now_ms,
            minutes=one.minutes,
            address=row.address,
            heard=meant.heard,
            event=f"{row.channel}:{one.event}" if one.event else "",
        )
        self.counters["answered"] += 1

    def _unclear(
        self, session: Session, row: Callback, one: News, alarms: Sequence[tuple[str, Contact]], now_ms: int
    ) -> None:
        """Say in each alarm's history that a reply came which nobody understands: the desk may ask back."""
        self.counters["replies_unclear"] += 1
        for alert_id, contact in dict(alarms).items():
            data = {"via": row.channel, "contact_id": contact.id, "owner_kind": contact.owner_kind}
            line = AlertEvent(
                alert_id=alert_id,
                at_ms=now_ms,
                what="reply_unclear",
                actor=contact.owner_id,
                text=one.text[:_LONGEST_SHOWN],
                data=data,
            )
            session.add(line)


def _contacts(session: Session, channel: str, addresses: Sequence[str]) -> Sequence[Contact]:
    mine = (Contact.channel == channel, Contact.address.in_(addresses), Contact.enabled)
    return session.scalars(select(Contact).where(*mine).order_by(Contact.id)).all()


def _own(meant: Sequence[tuple[ReplyCode, Contact]]) -> tuple[ReplyCode, Contact]:
    """Return the contact of a person, where the same number is also that of a team: it says who answers."""
    return min(meant, key=lambda found: (found[1].owner_kind != "user", found[1].id))


def _said_last(session: Session, alert_id: str, contact: Contact) -> int | None:
    """Return the priority that the last message about an alarm to a contact said."""
    mine = (Outbox.subject_kind == ALERT, Outbox.subject_id == alert_id, Outbox.contact_id == contact.id)
    sent = (*mine, Outbox.attempts > 0)
    return session.scalar(select(Outbox.priority).where(*sent).order_by(Outbox.id.desc()).limit(1))
