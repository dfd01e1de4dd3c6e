"""A resident's relatives in the order in which they are called: known ones linked, new ones made."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.contract.masking import masked
from anhu.registry.call_list import CALL_ONLY
from anhu.registry.contacts import create_contact
from anhu.registry.errors import MissingRowError
from anhu.registry.facts import check_name, trimmed
from anhu.registry.roles import Role
from anhu.registry.tables import Contact, FamilyLink, User
from anhu.registry.users import create_user, link_family


def relative_by_phone(session: Session, phone: str) -> User | None:
    """Return the relative who is called at a number; None for nobody."""
    wanted = select(User).join(Contact, (Contact.owner_id == User.id) & (Contact.owner_kind == "user"))
    wanted = wanted.where(Contact.channel == CALL_ONLY, Contact.address == phone, User.role == Role.FAMILY)
    return session.scalar(wanted.order_by(User.id).limit(1))


def add_relative(session: Session, *, resident_id: str, name: str, phone: str, relation: str) -> User:
    """Link a relative: one whom the number is of already, or a new one who cannot log in until somebody lets him.

    Parameters
    ----------
    phone : str
        As it is kept (`anhu.registry.phones`).

    Raises
    ------
    FieldError
        If the number is another person's by the name.
    TakenError
        If the relative is linked already.
    """
    name = trimmed(name)
    check_name("name", name)
    user = relative_by_phone(session, phone)
    if user is not None and user.name != name:
        known = masked(user.name)  # of whom, in whole, is nobody's business who only tries numbers
        expected = f"{known}, who has this number already; or another number"
        raise FieldError("relative_name", name, expected, zh=f"{known}（此号码已登记在其名下），或换一个号码")
    if user is None:
        user_id = new_id("u")
        user = create_user(session, login=f"family-{user_id[2:]}", name=name, role=Role.FAMILY, user_id=user_id)
        create_contact(session, owner_kind="user", owner_id=user.id, channel=CALL_ONLY, address=phone)
    last = session.scalar(select(func.max(FamilyLink.rank)).where(FamilyLink.resident_id == resident_id)) or 0
    link_family(session, user_id=user.id, resident_id=resident_id, relation=relation, rank=last + 1)
    return user


def order_relatives(session: Session, resident_id: str, user_ids: Sequence[str]) -> None:
    """Say who is called first. Raises `FieldError` unless all relatives are named, each once."""
    links = {
        one.user_id: one for one in session.scalars(select(FamilyLink).where(FamilyLink.resident_id == resident_id))
    }
    if sorted(user_ids) != sorted(links):
        raise FieldError("user_ids", list(user_ids), "every relative, each once", zh="全部家属，每人一次")
    for rank, user_id in enumerate(user_ids, start=1):
        links[user_id].rank = rank
    session.flush()


def remove_relative(session: Session, resident_id: str, user_id: str) -> None:
    """Link a relative no longer: he sees nothing from now on. Raises `MissingRowError`."""
    row = session.get(FamilyLink, (user_id, resident_id))
    if row is None:
        raise MissingRowError("relative", user_id)
    session.delete(row)
    session.flush()
