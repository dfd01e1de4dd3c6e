"""Contacts: where notifications of a centre, a team or a user go."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.contract.priority import Priority
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.facts import plain_number
from anhu.registry.phones import kept_phone
from anhu.registry.quiet_hours import check_quiet_hours
from anhu.registry.rows import add_new, change, existing
from anhu.registry.tables import Centre, Contact, Resident, Team, User

OWNERS: Mapping[str, type[Centre | Team | User | Resident]] = {
    "centre": Centre,
    "team": Team,
    "user": User,
    "resident": Resident,
}
"""A resident's own are where the platform asks back: the own telephone, the device's speaker."""
_CHANGEABLE = frozenset(
    {
        "address",
        "secret",
        "min_priority",
        "language",
        "enabled",
        "position",
        "awaits_code",
        "disabled_why",
        "removed_at_ms",
        "label",
        "quiet_from",
        "quiet_until",
    }
)


def create_contact(
    session: Session,
    *,
    owner_kind: str,
    owner_id: str,
    channel: str,
    address: str,
    secret: str = "",
    min_priority: Priority = Priority.LOW,
    language: str = "zh-CN",
    label: str = "",
    quiet_from: str = "",
    quiet_until: str = "",
    awaits_code: bool = False,
) -> Contact:
    """Say where notifications of a centre, a team, a user or a resident go. Raises `FieldError`, `MissingRowError`."""
    owner = OWNERS.get(owner_kind)
    if owner is None:
        raise FieldError("owner_kind", owner_kind, "one of " + ", ".join(OWNERS))
    existing(session, owner, owner_id)
    check_quiet_hours(quiet_from, quiet_until)
    if channel == CALL_ONLY:
        address = kept_phone("address", plain_number(address))
    row = Contact(
        id=new_id("n"),
        owner_kind=owner_kind,
        owner_id=owner_id,
        channel=channel,
        address=address,
        secret=secret,
        min_priority=int(min_priority),
        language=language,
        label=label,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        position=_next_position(session, owner_kind, owner_id),
        enabled=not awaits_code,
        awaits_code=awaits_code,
    )
    return add_new(session, row, row.id)


def _next_position(session: Session, owner_kind: str, owner_id: str) -> int:
    last = select(func.max(Contact.position)).where(Contact.owner_kind == owner_kind, Contact.owner_id == owner_id)
    return (session.scalar(last) or 0) + 1


def update_contact(session: Session, contact_id: str, changes: Mapping[str, object]) -> Contact:
    """Change a contact, or switch it off. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, Contact, contact_id, lock=True)
    begin, end = (str(changes.get(name, getattr(row, name))) for name in ("quiet_from", "quiet_until"))
    check_quiet_hours(begin, end)
    change(session, row, changes, _CHANGEABLE)
    if changes.get("enabled"):
        row.gone_at_ms = None
    return row


def switch_off(session: Session, contact_id: str, now_ms: int) -> bool:
    """Send nothing more to an address that is gone, and note since when; False when that is known. [ms]."""
    still_on = update(Contact).where(Contact.id == contact_id, Contact.enabled)
    off = still_on.values(enabled=False, gone_at_ms=now_ms).returning(Contact.id)
    return session.scalar(off, execution_options={"synchronize_session": False}) is not None


def owner_names(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """Return identity -> name of users, centres and teams; of any other there is none."""
    names: dict[str, str] = {}
    for table in (Team, Centre, User):
        rows = session.execute(select(table.id, table.name).where(table.id.in_([one for one in ids if one])))
        names |= {row[0]: row[1] for row in rows}
    return names
