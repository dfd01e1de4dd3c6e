"""A new password by mail, for who has forgotten the old one. Whether a login exists is never said.

The link is made of the installation's own address, never of what a request says its host is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from anhu.contract.clock import HOUR_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.writing import Draft, put
from anhu.registry.account_messages import KIND, RESET, add_message, count_since, living_link
from anhu.registry.account_tables import AccountMessage
from anhu.registry.contact_form import MAIL
from anhu.registry.database import reading
from anhu.registry.tables import Contact, Token, User
from anhu.registry.users import update_user
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.security.audit import record
from api.security.viewers import new_secret, viewer_of

_MOST_AN_HOUR = 3
"""Messages to one user; who asks more often is told nothing new."""
_MOST_ADDRESSES = 3


def mail_channels(deps: Dependencies) -> Sequence[str]:
    """Return the channels by which a link can be mailed; empty: the installation has no mail server."""
    return [name for name, form in deps.channels.items() if form.kind == MAIL and not form.missing]


def mail_link(deps: Dependencies, *, name: str, address: str) -> None:
    """Mail a user a link, if there is one of this name with a mail address; else do nothing, and say nothing."""
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        user = session.scalar(select(User).where(User.login == name, User.enabled))
        if user is None or not user.password_hash:
            return
        if count_since(session, user_id=user.id, kind=RESET, since_ms=now_ms - HOUR_MS) >= _MOST_AN_HOUR:
            return
        contacts = session.scalars(
            select(Contact)
            .where(Contact.owner_kind == "user", Contact.owner_id == user.id, Contact.enabled)
            .where(Contact.channel.in_(mail_channels(deps)))
            .order_by(Contact.position, Contact.id)
            .limit(_MOST_ADDRESSES)
        ).all()
        for contact in contacts:
            _send(session, user.id, contact, now_ms)
        detail = {"addresses": len(contacts)}
        viewer = viewer_of(user, address=address)
        record(session, viewer, "password.forgotten", now_ms=now_ms, object_id=user.id, detail=detail)


def login_of_link(deps: Dependencies, token: str) -> str:
    """Return whose password a link may change; empty when it is used, too old, or none of ours."""
    with reading(deps.sessions)() as session:
        found = living_link(session, token, now_ms=deps.clock.now_ms())
        user = session.get(User, found.user_id) if found else None
        return user.login if user is not None and user.enabled else ""


def set_by_link(deps: Dependencies, *, token: str, hashed: str, address: str) -> None:
    """Keep a new password, and end every session and token, known browsers included. Raises `ConflictError`."""
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        found = living_link(session, token, now_ms=now_ms, lock=True)
        user = session.get(User, found.user_id) if found else None
        if user is None or not user.enabled:
            raise ConflictError("the link is used or too old", zh="链接已使用或已过期")
        update_user(session, user.id, {"password_hash": hashed, "password_until_ms": None})
        unused = (AccountMessage.user_id == user.id, AccountMessage.kind == RESET, AccountMessage.used_at_ms.is_(None))
        session.execute(update(AccountMessage).where(*unused).values(used_at_ms=now_ms, secret=""))
        session.execute(delete(Token).where(Token.user_id == user.id))
        viewer = viewer_of(user, address=address)
        record(session, viewer, "user.password.by_mail", now_ms=now_ms, object_id=user.id)


def _send(session: Session, user_id: str, contact: Contact, now_ms: int) -> None:
    secret = new_secret()
    row = add_message(session, kind=RESET, user_id=user_id, contact_id=contact.id, secret=secret, now_ms=now_ms)
    draft = Draft(
        key=f"{KIND}:{row.id}",
        subject=SubjectRef(KIND, row.id),
        contact_id=contact.id,
        reason=RESET,
        priority=Priority.LOW,
        resident_id=None,
        due_at_ms=None,
        data={},
    )
    put(session, [draft], now_ms=now_ms, all_new=True)
