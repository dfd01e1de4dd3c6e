"""How somebody is reached, set by himself: an address counts when its code came back."""

from __future__ import annotations

import secrets

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.registry import contacts
from anhu.registry.account_messages import CODE, use_code
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.contact_form import form_of
from anhu.registry.database import reading
from anhu.registry.tables import Contact
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.contacts import ContactChange, ContactSecret, ContactView, NewContact
from api.security.audit import record
from api.security.roles import Viewer, require_session
from api.security.viewers import new_secret
from api.services.contact_rows import changes_of, move, send, send_test, values_of, views_of

_MOST = 20
_CODE_DIGITS = 6


def list_own(deps: Dependencies, viewer: Viewer) -> list[ContactView]:
    """Return the caller's own contacts, in order."""
    with reading(deps.sessions)() as session:
        return views_of(session, deps, and_(Contact.owner_kind == "user", Contact.owner_id == viewer.user_id))


def add_own(deps: Dependencies, viewer: Viewer, given: NewContact) -> ContactSecret:
    """Add a contact and send it a code; it is switched on when the code comes back. A phone to call counts at once.

    Raises
    ------
    FieldError
        If there is no such channel, or it could never reach the address.
    ConflictError
        If the channel is not set up, or there are too many contacts.
    """
    require_session(viewer)
    form = form_of(deps.channels, given.channel)
    form.check(given.address)
    if form.is_browser:
        raise FieldError("channel", given.channel, "a channel whose address people type", zh="可以手工填写地址的渠道")
    form.check_secret(given.secret)
    secret = new_secret() if form.has_secret else given.secret
    with deps.sessions.begin() as session:
        own = (Contact.owner_kind == "user", Contact.owner_id == viewer.user_id, Contact.removed_at_ms.is_(None))
        if (session.scalar(select(func.count()).select_from(Contact).where(*own)) or 0) >= _MOST:
            raise ConflictError(f"at most {_MOST} contacts", zh=f"至多 {_MOST} 个联系方式")
        made = contacts.create_contact(
            session,
            owner_kind="user",
            owner_id=viewer.user_id,
            channel=given.channel,
            address=given.address,
            secret=secret,
            min_priority=Priority[given.min_priority.upper()],
            language=given.language,
            quiet_from=given.quiet_from,
            quiet_until=given.quiet_until,
            awaits_code=given.channel != CALL_ONLY,
        )
        if made.awaits_code:
            _send_code(session, deps, viewer, made)
        _record(deps, session, viewer, "contact.create", made)
        return ContactSecret(**values_of(deps, made), secret=secret if form.has_secret else "")


def send_code(deps: Dependencies, viewer: Viewer, contact_id: str) -> None:
    """Send a fresh code; earlier ones are worth nothing. Raises `ConflictError`, `TooManyRequestsError`."""
    with deps.sessions.begin() as session:
        row = _own(session, viewer, contact_id)
        if not row.awaits_code:
            raise ConflictError("it is proved already", zh="已经验证过了")
        _send_code(session, deps, viewer, row)
        _record(deps, session, viewer, "contact.code", row)


def prove(deps: Dependencies, viewer: Viewer, contact_id: str, code: str) -> bool:
    """Switch a contact on if the code is right; tell whether it was. Five wrong ones make a code worthless."""
    with deps.sessions.begin() as session:
        row = _own(session, viewer, contact_id)
        plain = code.replace(" ", "")
        found = {"contact_id": row.id, "user_id": viewer.user_id, "code": plain}
        right = row.awaits_code and use_code(session, **found, now_ms=deps.clock.now_ms())
        if right:
            row.awaits_code, row.enabled = False, True
        _record(deps, session, viewer, "contact.proved" if right else "contact.wrong_code", row)
        return right


def change_own(
    deps: Dependencies,
    viewer: Viewer,
    contact_id: str,
    given: ContactChange | None = None,
    *,
    enabled: bool | None = None,
) -> None:
    """Say what one is told there and when, or switch it on or off. Raises `ConflictError` before its code."""
    with deps.sessions.begin() as session:
        row = _own(session, viewer, contact_id)
        if enabled and row.awaits_code:
            raise ConflictError("prove it first", zh="请先输入验证码")
        changes = {} if given is None else changes_of(given)
        if enabled is not None:
            changes |= {"enabled": enabled, "disabled_why": ""}
        contacts.update_contact(session, row.id, changes)
        _record(deps, session, viewer, "contact.change", row)


def move_own(deps: Dependencies, viewer: Viewer, contact_id: str, *, up: bool) -> None:
    """Let a contact come before, or after, its neighbour."""
    with deps.sessions.begin() as session:
        row = _own(session, viewer, contact_id)
        move(session, row, up=up)
        _record(deps, session, viewer, "contact.order", row)


def remove_own(deps: Dependencies, viewer: Viewer, contact_id: str) -> None:
    """Take a contact away."""
    with deps.sessions.begin() as session:
        row = _own(session, viewer, contact_id)
        contacts.update_contact(session, row.id, {"enabled": False, "removed_at_ms": deps.clock.now_ms()})
        _record(deps, session, viewer, "contact.remove", row)


def try_own(deps: Dependencies, viewer: Viewer, contact_id: str) -> None:
    """Send oneself a test. Raises `ConflictError` when nothing can be sent there, `TooManyRequestsError`."""
    with deps.sessions.begin() as session:
        row = _own(session, viewer, contact_id)
        send_test(session, deps, row, user_id=viewer.user_id)
        _record(deps, session, viewer, "contact.test", row)


def _send_code(session: Session, deps: Dependencies, viewer: Viewer, row: Contact) -> None:
    code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"
    send(session, deps, row, kind=CODE, user_id=viewer.user_id, secret=code)


def _own(session: Session, viewer: Viewer, contact_id: str) -> Contact:
    require_session(viewer)
    own = (Contact.owner_kind == "user", Contact.owner_id == viewer.user_id, Contact.removed_at_ms.is_(None))
    found = session.scalar(select(Contact).where(Contact.id == contact_id, *own).with_for_update())
    if found is None:
        raise NotFoundError(f"no contact {contact_id!r}")
    return found


def _record(deps: Dependencies, session: Session, viewer: Viewer, action: str, row: Contact) -> None:
    record(session, viewer, action, now_ms=deps.clock.now_ms(), object_id=row.id)
