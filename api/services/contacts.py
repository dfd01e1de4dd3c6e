"""Where notifications go: the contacts of centres, teams and users."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.registry import contacts
from anhu.registry.contact_form import form_of
from anhu.registry.database import reading
from anhu.registry.tables import Contact
from api.dependencies import Dependencies
from api.schemas.alerts import PRIORITY_WORDS
from api.schemas.contacts import ChannelView, ContactSecret, ContactView, NewContact
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.viewers import new_secret


def list_contacts(deps: Dependencies, viewer: Viewer) -> list[ContactView]:
    """Return all contacts, without their secrets."""
    require(viewer, Permission.ADMINISTER)
    with reading(deps.sessions)() as session:
        rows = session.scalars(select(Contact).order_by(Contact.owner_kind, Contact.owner_id, Contact.id))
        return [ContactView(**_values(deps, row)) for row in rows]


def list_channels(deps: Dependencies, viewer: Viewer) -> list[ChannelView]:
    """Return the channels there are, and what a contact of each needs."""
    require(viewer, Permission.ADMINISTER)
    return [
        ChannelView(
            name=name,
            title_zh=form.title.zh,
            title_en=form.title.en,
            label_zh=form.label.zh,
            label_en=form.label.en,
            hint_zh=form.hint.zh,
            hint_en=form.hint.en,
            input=form.kind,
            has_secret=form.has_secret,
            asks_secret_zh=form.asks_secret.zh if form.asks_secret else "",
            asks_secret_en=form.asks_secret.en if form.asks_secret else "",
            typed=not form.is_browser,
        )
        for name, form in deps.channels.items()
    ]


def create_contact(deps: Dependencies, viewer: Viewer, given: NewContact) -> ContactSecret:
    """Make a contact; where its channel signs, with a fresh secret, shown this once.

    Raises
    ------
    FieldError
        If there is no such channel, or it could never reach the address.
    MissingRowError
        If there is no such owner.
    """
    require(viewer, Permission.ADMINISTER)
    form = form_of(deps.channels, given.channel)
    if form.is_browser:
        raise FieldError("channel", given.channel, "a channel whose address people type", zh="可以手工填写地址的渠道")
    form.check(given.address)
    form.check_secret(given.secret)
    secret = new_secret() if form.has_secret else given.secret
    priority = Priority[given.min_priority.upper()]
    values = given.model_dump(exclude={"min_priority", "secret"})
    with deps.sessions.begin() as session:
        made = contacts.create_contact(session, **values, secret=secret, min_priority=priority)
        record(session, viewer, "contact.create", now_ms=deps.clock.now_ms(), object_id=made.id)
        return ContactSecret(**_values(deps, made), secret=secret if form.has_secret else "")


def set_contact_enabled(deps: Dependencies, viewer: Viewer, contact_id: str, *, enabled: bool) -> ContactView:
    """Switch a contact on or off; what was sent to it stays on record."""
    require(viewer, Permission.ADMINISTER)
    with deps.sessions.begin() as session:
        row = contacts.update_contact(session, contact_id, {"enabled": enabled})
        action = "contact.enable" if enabled else "contact.disable"
        record(session, viewer, action, now_ms=deps.clock.now_ms(), object_id=row.id)
        return ContactView(**_values(deps, row))


def _values(deps: Dependencies, row: Contact) -> dict[str, Any]:
    form = deps.channels.get(row.channel)
    return {
        "id": row.id,
        "owner_kind": row.owner_kind,
        "owner_id": row.owner_id,
        "channel": row.channel,
        "address": form.shown(row.address) if form else row.address,
        "min_priority": PRIORITY_WORDS[row.min_priority],
        "language": row.language,
        "enabled": row.enabled,
        "quiet_from": row.quiet_from,
        "quiet_until": row.quiet_until,
    }
