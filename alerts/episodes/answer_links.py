"""Links with which a contact answers one alert, and short codes for replies: made when a message is put into words."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alerts.answer_tables import AnswerToken, ReplyCode
from alerts.tables import Alert
from anhu.contract.clock import DAY_MS
from anhu.registry.tables import Contact, User

VALID_MS = DAY_MS
"""For how long a link and a code may be used. [ms]"""
_KEPT_MS = 7 * DAY_MS
"""How much longer a link says what became of the alarm, not just that there is none. [ms]"""
_BYTES = 16
_LONGEST = 64
_FIRST_CODE, _CODES = 11, 89
"""Two digits, no zero in front: 11 to 99. A number with more open alarms than that answers on the platform."""


class Asked(NamedTuple):
    """What a link is about.

    Attributes
    ----------
    is_expired : bool
        Its time is over: it says so, and nothing else.
    """

    token: AnswerToken
    alert: Alert
    contact: Contact
    is_expired: bool


def mint(session: Session, alert_id: str, contact_id: str, now_ms: int) -> str:
    """Return a new token for one contact and one alert; every message has its own. [ms]."""
    token = secrets.token_urlsafe(_BYTES)
    session.add(
        AnswerToken(
            sha256=_digest(token),
            alert_id=alert_id,
            contact_id=contact_id,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + VALID_MS,
        )
    )
    return token


def asked(session: Session, token: str, now_ms: int, *, lock: bool = False) -> Asked | None:
    """Return what a token is about; None for one that never was, or whose contact is not to be told any more. [ms]."""
    if not token or len(token) > _LONGEST or not token.isascii():
        return None
    row = session.get(AnswerToken, _digest(token), with_for_update=lock or None)
    if row is None:
        return None
    contact = session.get_one(Contact, row.contact_id)
    if not _may_answer(session, contact):
        return None
    is_expired = not row.created_at_ms - DAY_MS <= now_ms < row.expires_at_ms
    return Asked(row, session.get_one(Alert, row.alert_id), contact, is_expired)


def code_for(session: Session, alert_id: str, contact: Contact, now_ms: int) -> str:
    """Return the digits with which a contact's reply names an alert; the same for all messages about it. [ms]."""
    present = session.get(ReplyCode, (contact.id, alert_id))
    if present is not None and present.expires_at_ms > now_ms:
        return present.code
    taken = {one.code for one in _codes(session, _same_number(session, contact), now_ms)}
    code = next((str(n) for n in _shuffled(alert_id) if str(n) not in taken), "")
    if code:
        session.merge(ReplyCode(contact_id=contact.id, alert_id=alert_id, code=code, expires_at_ms=now_ms + VALID_MS))
        session.flush()
    return code


def share_code(session: Session, contact: Contact, alert_ids: Sequence[str], now_ms: int) -> None:
    """Let one code name several alarms: they were told to this contact in one message. [ms]."""
    code = code_for(session, alert_ids[0], contact, now_ms)
    for alert_id in alert_ids[1:]:
        if row := session.get(ReplyCode, (contact.id, alert_id)):
            row.code = code
    session.flush()


def open_for(session: Session, contacts: Sequence[Contact], now_ms: int) -> Sequence[tuple[ReplyCode, Contact]]:
    """Return which open alarms these contacts of one number may be replying about, the newest last. [ms]."""
    query = (
        select(ReplyCode, Contact)
        .join(Contact, Contact.id == ReplyCode.contact_id)
        .join(Alert, Alert.id == ReplyCode.alert_id)
        .where(ReplyCode.contact_id.in_([one.id for one in contacts]), ReplyCode.expires_at_ms > now_ms, Alert.is_open)
        .order_by(Alert.raised_at_ms, Alert.id)
    )
    return [(code, contact) for code, contact in session.execute(query) if _may_answer(session, contact)]


def forget_old(session: Session, now_ms: int) -> None:
    """Forget links and codes whose time was over long ago. [ms]."""
    session.execute(delete(AnswerToken).where(AnswerToken.expires_at_ms < now_ms - _KEPT_MS))
    session.execute(delete(ReplyCode).where(ReplyCode.expires_at_ms < now_ms))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _may_answer(session: Session, contact: Contact) -> bool:
    """Tell whether a contact is still one: who was switched off since answers nothing."""
    if not contact.enabled:
        return False
    if contact.owner_kind != "user":
        return True
    user = session.get(User, contact.owner_id)
    return user is not None and user.enabled


def _same_number(session: Session, contact: Contact) -> Sequence[Contact]:
    same = (Contact.channel == contact.channel, Contact.address == contact.address)
    return session.scalars(select(Contact).where(*same)).all()


def _codes(session: Session, contacts: Sequence[Contact], now_ms: int) -> Sequence[ReplyCode]:
    mine = (ReplyCode.contact_id.in_([one.id for one in contacts]), ReplyCode.expires_at_ms > now_ms)
    return session.scalars(select(ReplyCode).where(*mine)).all()


def _shuffled(alert_id: str) -> list[int]:
    """Return all codes from an own beginning: yesterday's digit must not be today's for another alarm."""
    begin = int.from_bytes(hashlib.sha256(alert_id.encode()).digest()[:4]) % _CODES
    return [_FIRST_CODE + (begin + n) % _CODES for n in range(_CODES)]
