"""The secret address of a member's calendar: calendar programs cannot log in."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.registry.rota_tables import CalendarAddress
from anhu.registry.tables import User

_SECRET_BYTES = 32


def make_address(session: Session, user_id: str, *, now_ms: int) -> str:
    """Return a new secret; an older one is void from now on. [ms]."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    revoke_address(session, user_id)
    session.add(CalendarAddress(user_id=user_id, sha256=_digest(secret), made_at_ms=now_ms))
    session.flush()
    return secret


def revoke_address(session: Session, user_id: str) -> bool:
    """Make a member's address void; tell whether there was one."""
    row = session.get(CalendarAddress, user_id)
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def user_of_secret(session: Session, secret: str) -> User | None:
    """Return whose calendar it is; None for what is void, and for who may not log in any more."""
    query = select(User).join(CalendarAddress, CalendarAddress.user_id == User.id)
    return session.scalar(query.where(CalendarAddress.sha256 == _digest(secret), User.enabled))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
