"""A resident's relatives: who they are, in which order they are called."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry import relatives
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.phones import shown_phone
from anhu.registry.tables import Contact, FamilyLink, User
from api.dependencies import Dependencies
from api.schemas.records import NewRelative, RelativeView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import managed_resident
from api.services.record_writing import phone_of


def relatives_of(session: Session, resident_id: str) -> list[RelativeView]:
    """Return the relatives of a resident whom the caller was let see, the first to be called first."""
    phone = select(Contact.address).where(
        Contact.owner_kind == "user", Contact.owner_id == User.id, Contact.channel == CALL_ONLY, Contact.enabled
    )
    first = phone.order_by(Contact.id).limit(1).scalar_subquery()
    rows = session.execute(
        select(User, FamilyLink, first)
        .join(FamilyLink, FamilyLink.user_id == User.id)
        .where(FamilyLink.resident_id == resident_id)
        .order_by(FamilyLink.rank, User.name, User.id)
    )
    return [
        RelativeView(
            user_id=user.id,
            login=user.login,
            name=user.name,
            relation=link.relation,
            rank=rank,
            phone=shown_phone(number or ""),
            can_log_in=bool(user.password_hash) and user.enabled,
        )
        for rank, (user, link, number) in enumerate(rows, start=1)
    ]


def add_relative(deps: Dependencies, viewer: Viewer, resident_id: str, given: NewRelative) -> list[RelativeView]:
    """Link a relative by name and phone. Raises `FieldError`, `TakenError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    phone = phone_of(deps, "relative_phone", given.phone)
    if not phone:
        raise FieldError("relative_phone", given.phone, "a phone number", zh="电话号码")
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        user = relatives.add_relative(
            session, resident_id=resident_id, name=given.name, phone=phone, relation=given.relation
        )
        now_ms = deps.clock.now_ms()
        record(session, viewer, "family.link", now_ms=now_ms, resident_id=resident_id, object_id=user.id)
        return relatives_of(session, resident_id)


def order_relatives(deps: Dependencies, viewer: Viewer, resident_id: str, user_ids: list[str]) -> list[RelativeView]:
    """Say who is called first. Raises `FieldError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        relatives.order_relatives(session, resident_id, user_ids)
        record(session, viewer, "family.order", now_ms=deps.clock.now_ms(), resident_id=resident_id)
        return relatives_of(session, resident_id)


def remove_relative(deps: Dependencies, viewer: Viewer, resident_id: str, user_id: str) -> list[RelativeView]:
    """Link a relative no longer. Raises `MissingRowError`."""
    require(viewer, Permission.MANAGE_PEOPLE)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        managed_resident(session, viewer, resident_id)
        relatives.remove_relative(session, resident_id, user_id)
        record(session, viewer, "family.unlink", now_ms=now_ms, resident_id=resident_id, object_id=user_id)
        return relatives_of(session, resident_id)
