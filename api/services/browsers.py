"""One's own browsers as contacts: they enter themselves, and leave."""

from __future__ import annotations

import hashlib

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry import contacts
from anhu.registry.contact_form import ContactForm
from anhu.registry.database import reading
from anhu.registry.rows import existing
from anhu.registry.tables import Contact, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.browsers import BrowsersView, BrowserView, NewBrowser
from api.security.audit import record
from api.security.roles import Viewer, require_session

_MOST = 10
_LONGEST_LABEL = 100


def list_browsers(deps: Dependencies, viewer: Viewer) -> BrowsersView:
    """Return the caller's browsers, those that are gone included, and the key for another one."""
    channel, form = _channel(deps)
    with reading(deps.sessions)() as session:
        rows = session.scalars(_own(viewer, channel).order_by(Contact.id))
        return BrowsersView(public_key=form.browser_key, browsers=[_view(form, row) for row in rows])


def enter_browser(deps: Dependencies, viewer: Viewer, given: NewBrowser) -> BrowserView:
    """Let a browser be told; the same one again only renews it, another user's is his no more.

    Raises
    ------
    FieldError
        For an address that is no known push service's, or keys that are none.
    ConflictError
        If the caller has as many as one may have, or the installation has no key.
    """
    require_session(viewer)
    channel, form = _channel(deps)
    if not form.browser_key:
        raise ConflictError("this installation pushes to no browser")
    form.check(given.endpoint)
    secret = f"{given.keys.p256dh}.{given.keys.auth}"
    form.check_secret(secret)
    label = _label(given.label)
    with deps.sessions.begin() as session:
        existing(session, User, viewer.user_id, lock=True)
        row = _taken_over(session, viewer, channel, given.endpoint)
        if row is None:
            if len(session.scalars(_own(viewer, channel)).all()) >= _MOST:
                raise ConflictError(f"at most {_MOST} browsers: remove one that is not used any more")
            row = contacts.create_contact(
                session,
                owner_kind="user",
                owner_id=viewer.user_id,
                channel=channel,
                address=given.endpoint,
                secret=secret,
                language=viewer.language,
                label=label,
            )
        else:
            contacts.update_contact(session, row.id, {"secret": secret, "label": label, "enabled": True})
        record(session, viewer, "browser.enter", now_ms=deps.clock.now_ms(), object_id=row.id)
        return _view(form, row)


def leave_browser(deps: Dependencies, viewer: Viewer, contact_id: str) -> None:
    """Tell a browser of the caller's nothing more. Raises `NotFoundError`."""
    require_session(viewer)
    channel, _ = _channel(deps)
    with deps.sessions.begin() as session:
        row = session.scalar(_own(viewer, channel).where(Contact.id == contact_id))
        if row is None:
            raise NotFoundError(f"browser {contact_id!r}")
        row.enabled, row.gone_at_ms = False, None
        record(session, viewer, "browser.leave", now_ms=deps.clock.now_ms(), object_id=row.id)


def _channel(deps: Dependencies) -> tuple[str, ContactForm]:
    found = [(name, form) for name, form in deps.channels.items() if form.is_browser]
    if not found:
        raise NotFoundError("a channel for browsers")
    return found[0]


def _own(viewer: Viewer, channel: str) -> Select[Contact]:
    owned = (Contact.owner_kind == "user", Contact.owner_id == viewer.user_id, Contact.channel == channel)
    return select(Contact).where(*owned, or_(Contact.enabled, Contact.gone_at_ms.is_not(None)))


def _taken_over(session: Session, viewer: Viewer, channel: str, endpoint: str) -> Contact | None:
    """Return the caller's contact with this address; whoever used the browser before is told there no more."""
    same = select(Contact).where(Contact.channel == channel, Contact.address == endpoint).with_for_update()
    own = None
    for row in session.scalars(same.order_by(Contact.id)):
        if (row.owner_kind, row.owner_id) == ("user", viewer.user_id):
            own = row
        else:
            row.enabled, row.gone_at_ms = False, None
    return own


def _label(text: str) -> str:
    if not text.isprintable():
        raise FieldError("label", text, "printable text", zh="可显示的文字")
    return text[:_LONGEST_LABEL]


def _view(form: ContactForm, row: Contact) -> BrowserView:
    return BrowserView(
        id=row.id,
        label=row.label,
        service=form.shown(row.address).removesuffix("/…"),
        fingerprint=hashlib.sha256(row.address.encode()).hexdigest(),
        gone_at_ms=row.gone_at_ms,
    )
