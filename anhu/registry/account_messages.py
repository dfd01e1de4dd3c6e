"""Messages to users about their own account, and what they prove: who has the code or the link has read the message."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.identity import new_id
from anhu.registry.account_tables import AccountMessage

KIND = "account_message"
"""What the outbox calls them."""
TEST, CODE, RESET = "test", "code", "reset"
LASTS_MS = {TEST: HOUR_MS, CODE: 15 * MINUTE_MS, RESET: 30 * MINUTE_MS}
MOST_TRIES = 5
"""Wrong codes after which a code is worth nothing."""


def add_message(
    session: Session, *, kind: str, user_id: str, contact_id: str, secret: str, now_ms: int
) -> AccountMessage:
    """Add a message; what earlier ones of its kind to this contact prove is worth nothing any more. [ms]."""
    earlier = (
        AccountMessage.kind == kind,
        AccountMessage.contact_id == contact_id,
        AccountMessage.used_at_ms.is_(None),
    )
    if kind != TEST:
        session.execute(update(AccountMessage).where(*earlier).values(used_at_ms=now_ms, secret=""))
    row = AccountMessage(
        id=new_id("m"),
        kind=kind,
        user_id=user_id,
        contact_id=contact_id,
        sha256=_digest(secret) if secret else b"",
        secret=secret,
        created_at_ms=now_ms,
        expires_at_ms=now_ms + LASTS_MS[kind],
    )
    session.add(row)
    session.flush()
    return row


def count_since(session: Session, *, user_id: str, kind: str, since_ms: int) -> int:
    """Return how many messages of a kind were asked for on behalf of a user since then. [ms]."""
    query = select(func.count()).select_from(AccountMessage)
    wanted = (AccountMessage.user_id == user_id, AccountMessage.kind == kind, AccountMessage.created_at_ms > since_ms)
    return session.scalar(query.where(*wanted)) or 0


def living_link(session: Session, token: str, *, now_ms: int, lock: bool = False) -> AccountMessage | None:
    """Return the message whose link holds this token, while it may be used; `lock`: nobody else uses it now. [ms]."""
    query = select(AccountMessage).where(
        AccountMessage.sha256 == _digest(token),
        AccountMessage.kind == RESET,
        AccountMessage.used_at_ms.is_(None),
        AccountMessage.expires_at_ms > now_ms,
    )
    return session.scalar(query.with_for_update() if lock else query)


def use_code(session: Session, *, contact_id: str, user_id: str, code: str, now_ms: int) -> bool:
    """Tell whether this is the code that was sent last, and use it up; a wrong one counts as a try. [ms]."""
    row = session.scalar(
        select(AccountMessage)
        .where(
            AccountMessage.kind == CODE,
            AccountMessage.contact_id == contact_id,
            AccountMessage.user_id == user_id,
            AccountMessage.used_at_ms.is_(None),
            AccountMessage.expires_at_ms > now_ms,
            AccountMessage.tries < MOST_TRIES,
        )
        .order_by(AccountMessage.created_at_ms.desc())
        .limit(1)
        .with_for_update()
    )
    if row is None:
        return False
    if not hmac.compare_digest(row.sha256, _digest(code)):
        row.tries += 1
        return False
    row.used_at_ms = now_ms
    return True


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
