"""The made-up residents for whom the platform calls itself: nobody's, seen by nobody, counted in no figure.

Calls for help travel through the same rows as everybody's; so there must be somebody to call for, one in each
partition of the LOG.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from anhu.contract.identity import new_id
from anhu.registry import devices
from anhu.registry.tables import Contact, Device, Resident

HEARTBEAT = "anhu-heartbeat"
"""Identity of the first resident, of its device and of its contact's owner; those of others begin with it."""
RESIDENT = "resident"
"""Kind of owner of the contact: nobody but the platform is told."""


class Phone(NamedTuple):
    """Where the platform hears itself called; messages there are signed with the secret."""

    channel: str
    address: str
    secret: str = ""


def not_own(column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return the condition that what a column names is not the platform itself."""
    return column.not_like(f"{HEARTBEAT}%")


def lives() -> ColumnElement[bool]:
    """Return the condition on `Resident` rows of people, and not of the platform itself."""
    return not_own(Resident.id)


def set_up(session: Session, *, secret: str, phone: Phone, now_ms: int, who: str = HEARTBEAT) -> None:
    """Make what is missing, and give the device a new secret and the contact its present address. [ms]."""
    if session.get(Resident, who) is None:
        session.add(Resident(id=who, name="安护自检 Anhu heartbeat", created_at_ms=now_ms, flags=[]))
        session.flush()
    if session.get(Device, who) is None:
        devices.create_device(
            session, device_id=who, codec="open_json", model="heartbeat", now_ms=now_ms, resident_id=who
        )
    devices.rotate_secret(session, who, secret)
    devices.update_device(session, who, {"enabled": True})
    contact = session.query(Contact).filter_by(owner_kind=RESIDENT, owner_id=who).one_or_none()
    if contact is None:
        contact = Contact(
            id=new_id("n"), owner_kind=RESIDENT, owner_id=who, channel=phone.channel, language="en", enabled=True
        )
        session.add(contact)
    contact.address, contact.secret = phone.address, phone.secret
    session.flush()
