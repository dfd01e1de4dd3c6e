"""Who is told that there is a new message: relatives and the team, lightly, never at night, once until they read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.subject import SubjectRef
from anhu.outbox.writing import Draft, put
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.care_tables import CareMessage, MessageMark
from anhu.registry.roles import Role
from anhu.registry.tables import Contact, FamilyLink, Resident, User
from anhu.registry.time_zones import zone_of_resident
from api.security.roles import Viewer

NEW_MESSAGE = "new_message"
_MORNING, _EVENING = time(8), time(21)


def tell_readers(
    session: Session, viewer: Viewer, resident: Resident, message_id: int, *, now_ms: int, time_zone: str
) -> int:
    """Write a hint to each reader's own contacts; return how many. [ms].

    The desk is not written to: its contacts are for alarms, and the number of unread messages stands on its pages.
    """
    due_at_ms = not_at_night(now_ms, ZoneInfo(zone_of_resident(session, resident.id) or time_zone))
    reads = (User.enabled, User.id != viewer.user_id)
    relatives = select(User.id).join(FamilyLink, FamilyLink.user_id == User.id)
    of_team = select(User.id).where(*reads, User.role == Role.TEAM, User.team_id == resident.team_id)
    # One after the other, each with an index: who asks for either reads every user there is.
    readers = session.scalars(relatives.where(*reads, FamilyLink.resident_id == resident.id).union(of_team)).all()
    contacts = session.scalars(
        select(Contact)
        .where(Contact.owner_kind == "user", Contact.owner_id.in_(readers), Contact.enabled)
        .where(Contact.channel != CALL_ONLY, Contact.min_priority <= Priority.LOW)
        .order_by(Contact.id)
    ).all()
    return put(session, list(_drafts(session, contacts, resident.id, message_id, due_at_ms)), now_ms=now_ms)


def _drafts(
    session: Session, contacts: Sequence[Contact], resident_id: str, message_id: int, due_at_ms: int | None
) -> Iterator[Draft]:
    for contact in contacts:
        unread = select(func.min(CareMessage.id)).where(
            CareMessage.resident_id == resident_id,
            CareMessage.user_id != contact.owner_id,
            CareMessage.id > func.coalesce(_read_id(contact.owner_id, resident_id), 0),
        )
        first = session.scalar(unread) or message_id
        yield Draft(
            key=f"{NEW_MESSAGE}:{resident_id}:{first}:{contact.id}",
            subject=SubjectRef(NEW_MESSAGE, resident_id),
            contact_id=contact.id,
            reason="new_message",
            priority=Priority.LOW,
            resident_id=resident_id,
            due_at_ms=due_at_ms,
            data={"message_id": message_id},
        )


def _read_id(user_id: str, resident_id: str) -> ScalarSelect[int]:
    return (
        select(MessageMark.read_id)
        .where(MessageMark.user_id == user_id, MessageMark.resident_id == resident_id)
        .scalar_subquery()
    )


def not_at_night(now_ms: int, zone: ZoneInfo) -> int | None:
    """Return when a hint may leave: None for now, else the next morning. [ms]."""
    local = datetime.fromtimestamp(now_ms / SECOND_MS, tz=zone)
    if _MORNING <= local.time() < _EVENING:
        return None
    day = local.date() + timedelta(days=1) if local.time() >= _EVENING else local.date()
    return round(datetime.combine(day, _MORNING, tzinfo=zone).timestamp() * SECOND_MS)
