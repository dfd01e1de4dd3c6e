"""Where notifications go: the contacts of centres, teams, users and residents, for who manages them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, select, union_all
from sqlalchemy.orm import Session, aliased

from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.registry import contacts
from anhu.registry.contact_form import form_of
from anhu.registry.database import reading
from anhu.registry.heartbeat import not_own
from anhu.registry.tables import Contact, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.contacts import ChannelView, ContactChange, ContactSecret, ContactView, NewContact
from api.security.audit import record
from api.security.managing import led_place, managed_owner, managed_users
from api.security.roles import Permission, Viewer, require
from api.security.viewers import new_secret
from api.security.visibility import sees_resident
from api.services.contact_rows import changes_of, move, send_test, values_of, views_of

_own = aliased(Contact)
MOST = 1_000
"""Contacts of one answer: a city has a million, and whoever looks for one says whose."""


def list_contacts(
    deps: Dependencies, viewer: Viewer, *, owner_kind: str = "", owner_id: str = "", contact_id: str = ""
) -> list[ContactView]:
    """Return the contacts that the viewer may manage, without their secrets; of one owner, or one alone, if said."""
    require(viewer, Permission.MANAGE_PEOPLE)
    wanted = [_managed(viewer)]
    for column, value in (
        (Contact.owner_kind, owner_kind),
        (Contact.owner_id, owner_id),
        (Contact.id, contact_id),
    ):
        wanted += [column == value] if value else []
    with reading(deps.sessions)() as session:
        if owner_kind and owner_id:
            managed_owner(session, viewer, owner_kind, owner_id)
        return views_of(session, deps, and_(*wanted), most=MOST)


def list_channels(deps: Dependencies, viewer: Viewer) -> list[ChannelView]:
    """Return the channels there are, and what a contact of each needs."""
    require(viewer, Permission.MANAGE_PEOPLE)
    return [ChannelView.of(name, form) for name, form in deps.channels.items()]


def create_contact(deps: Dependencies, viewer: Viewer, given: NewContact) -> ContactSecret:
    """Make a contact; where its channel signs, with a fresh secret, shown this once.

    Raises
    ------
    FieldError
        If there is no such channel, or it could never reach the address.
    MissingRowError, NotFoundError
        If there is no such owner, or it is not the viewer's to manage.
    """
    require(viewer, Permission.MANAGE_PEOPLE)
    form = form_of(deps.channels, given.channel)
    if form.is_browser:
        raise FieldError("channel", given.channel, "a channel whose address people type", zh="可以手工填写地址的渠道")
    form.check(given.address)
    form.check_secret(given.secret)
    secret = new_secret() if form.has_secret else given.secret
    priority = Priority[given.min_priority.upper()]
    values = given.model_dump(exclude={"min_priority", "secret"})
    with deps.sessions.begin() as session:
        _check_owner(session, viewer, given.owner_kind, given.owner_id)
        made = contacts.create_contact(session, **values, secret=secret, min_priority=priority)
        _record(deps, session, viewer, "contact.create", made)
        return ContactSecret(**values_of(deps, made), secret=secret if form.has_secret else "")


def change_contact(deps: Dependencies, viewer: Viewer, contact_id: str, given: ContactChange) -> ContactView:
    """Change from which priority on, in which language and at which hours a contact is told."""
    return _changed(deps, viewer, contact_id, "contact.change", changes_of(given))


def set_contact_enabled(
    deps: Dependencies, viewer: Viewer, contact_id: str, *, enabled: bool, why: str = ""
) -> ContactView:
    """Switch a contact on or off, and say why; what was sent to it stays on record."""
    action = "contact.enable" if enabled else "contact.disable"
    changes = {"enabled": enabled, "disabled_why": "" if enabled else why}
    return _changed(deps, viewer, contact_id, action, changes | ({"awaits_code": False} if enabled else {}))


def remove_contact(deps: Dependencies, viewer: Viewer, contact_id: str) -> None:
    """Send nothing there any more, and show it no more; what was sent to it stays on record."""
    changes = {"enabled": False, "removed_at_ms": deps.clock.now_ms()}
    _changed(deps, viewer, contact_id, "contact.remove", changes)


def move_contact(deps: Dependencies, viewer: Viewer, contact_id: str, *, up: bool) -> None:
    """Let a contact come before, or after, its neighbour among its owner's."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        row = _managed_contact(session, viewer, contact_id)
        move(session, row, up=up)
        _record(deps, session, viewer, "contact.order", row)


def try_contact(deps: Dependencies, viewer: Viewer, contact_id: str) -> ContactView:
    """Send a test message there. Raises `ConflictError` when nothing can be sent, `TooManyRequestsError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        row = _managed_contact(session, viewer, contact_id)
        send_test(session, deps, row, user_id=viewer.user_id)
        _record(deps, session, viewer, "contact.test", row)
        session.flush()
        return views_of(session, deps, Contact.id == contact_id)[0]


def _managed(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.may(Permission.ADMINISTER):
        return not_own(Contact.owner_id)  # the platform's own, by which it watches itself
    kind, place = led_place(viewer)
    led = select(User.id).where(managed_users(viewer))
    # Each by an index of its own: who asks for any of them at once reads every contact there is.
    return Contact.id.in_(
        union_all(
            select(_own.id).where(_own.owner_kind == kind, _own.owner_id == place),
            select(_own.id).where(_own.owner_kind == "user", _own.owner_id.in_(led)),
            select(_own.id).where(_own.owner_kind == "resident", sees_resident(viewer, _own.owner_id)),
        )
    )


def _managed_contact(session: Session, viewer: Viewer, contact_id: str) -> Contact:
    wanted = select(Contact).where(Contact.id == contact_id, Contact.removed_at_ms.is_(None), _managed(viewer))
    found = session.scalar(wanted.with_for_update())
    if found is None:
        raise NotFoundError(f"no contact {contact_id!r}")
    return found


def _check_owner(session: Session, viewer: Viewer, kind: str, owner_id: str) -> None:
    owner = managed_owner(session, viewer, kind, owner_id)
    if getattr(owner, "closed_at_ms", None) is not None:
        raise ConflictError(f"{kind} {owner_id!r} is closed", zh="该机构已关闭")


def _changed(deps: Dependencies, viewer: Viewer, contact_id: str, action: str, changes: dict[str, Any]) -> ContactView:
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        row = _managed_contact(session, viewer, contact_id)
        contacts.update_contact(session, row.id, changes)
        _record(deps, session, viewer, action, row)
        return ContactView(**values_of(deps, row))


def _record(deps: Dependencies, session: Session, viewer: Viewer, action: str, row: Contact) -> None:
    resident_id = row.owner_id if row.owner_kind == "resident" else ""
    now_ms = deps.clock.now_ms()
    record(session, viewer, action, now_ms=now_ms, resident_id=resident_id, object_id=row.id)
