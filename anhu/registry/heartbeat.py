"""The made-up resident for whom the platform calls itself: nobody's, seen by nobody, counted in no figure.

Calls for help travel through the same rows as everybody's; so there must be somebody to call for.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from anhu.contract.identity import new_id
from anhu.registry import devices
from anhu.registry.tables import Contact, Device, Resident

HEARTBEAT = "anhu-heartbeat"
"""Identity of the resident, of the device and of its contact's owner."""
RESIDENT = "resident"
"""Kind of owner of the contact: nobody but the platform is told."""


def lives() -> ColumnElement[bool]:
    """Return the condition on `Resident` rows of people, and not of the platform itself."""
    return Resident.id != HEARTBEAT


def set_up(session: Session, *, secret: str, channel: str, address: str, now_ms: int) -> None:
    """Make what is missing, and give the device a new secret and the contact its present address. [ms]."""
    if session.get(Resident, HEARTBEAT) is None:
        session.add(Resident(id=HEARTBEAT, name="安护自检 Anhu heartbeat", created_at_ms=now_ms, flags=[]))
        session.flush()
    if session.get(Device, HEARTBEAT) is None:
        devices.create_device(
            session, device_id=HEARTBEAT, codec="open_json", model="heartbeat", now_ms=now_ms, resident_id=HEARTBEAT
        )
    devices.rotate_secret(session, HEARTBEAT, secret)
    devices.update_device(session, HEARTBEAT, {"enabled": True})
    contact = session.query(Contact).filter_by(owner_kind=RESIDENT, owner_id=HEARTBEAT).one_or_none()
    if contact is None:
        contact = Contact(
            id=new_id("n"), owner_kind=RESIDENT, owner_id=HEARTBEAT, channel=channel, language="en", enabled=True
        )
        session.add(contact)
    contact.address = address
    session.flush()
