"""Users, and whom family members may see."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.duties import check_duty
from anhu.registry.errors import TakenError
from anhu.registry.roles import Role
from anhu.registry.rows import add_new, change, check_facts, existing
from anhu.registry.tables import Centre, FamilyLink, Resident, Team, User

_CHANGEABLE = frozenset(
    {
        "name",
        "role",
        "password_hash",
        "password_until_ms",
        "centre_id",
        "team_id",
        "vendor",
        "language",
        "enabled",
        "duty",
        "is_lead",
    }
)
_REFERS_TO = {"centre_id": Centre, "team_id": Team}


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    role: str,
    password_hash: str = "",
    centre_id: str | None = None,
    team_id: str | None = None,
    vendor: str = "",
    language: str = "zh-CN",
    user_id: str = "",
    duty: str = "",
    is_lead: bool = False,
    password_until_ms: int | None = None,
) -> User:
    """Add a user. Raises `TakenError` for a login in use, `FieldError` for a role, `MissingRowError`."""
    _check_role(role)
    _check_referred(session, {"centre_id": centre_id, "team_id": team_id})
    if session.scalar(select(User.id).where(User.login == login)) is not None:
        raise TakenError("login", login)
    row = User(
        id=user_id or new_id("u"),
        login=login,
        name=name,
        role=role,
        password_hash=password_hash,
        centre_id=centre_id or None,
        team_id=team_id or None,
        vendor=vendor,
        language=language,
        duty=duty,
        is_lead=is_lead,
        password_until_ms=password_until_ms,
    )
    check_facts(row)
    check_duty(role, duty, is_lead=is_lead)
    _check_place(role, centre_id, team_id)
    return add_new(session, row, row.id)


def _check_place(role: str, centre_id: str | None, team_id: str | None) -> None:
    """Refuse who would watch nobody, and see for ever that all is well."""
    if role == Role.DESK and not centre_id:
        expected = "the centre whose desk it is: without one it watches nobody"
        raise FieldError("centre_id", centre_id or "", expected, zh="所值守的服务中心：没有中心就看不到任何老人")
    if role == Role.TEAM and not team_id:
        expected = "the team of which it is a member: without one it sees nobody"
        raise FieldError("team_id", team_id or "", expected, zh="所属的家庭医生团队：没有团队就看不到任何老人")


def update_user(session: Session, user_id: str, changes: Mapping[str, object]) -> User:
    """Change some of a user's facts. Raises `MissingRowError`, `FieldError`."""
    row = existing(session, User, user_id, lock=True)
    if "role" in changes:
        _check_role(str(changes["role"]))
    _check_referred(session, changes)
    change(session, row, changes, _CHANGEABLE)
    check_duty(row.role, row.duty, is_lead=row.is_lead)
    if changes.keys() & {"role", *_REFERS_TO}:
        _check_place(row.role, row.centre_id, row.team_id)
    return row


def _check_referred(session: Session, values: Mapping[str, object]) -> None:
    for name, table in _REFERS_TO.items():
        if referred := values.get(name):
            existing(session, table, str(referred))


def _check_role(role: str) -> None:
    if role not in list(Role):
        raise FieldError("role", role, "one of " + ", ".join(Role), zh="以下之一：" + "、".join(Role))


def link_family(session: Session, *, user_id: str, resident_id: str, relation: str = "", rank: int = 1) -> FamilyLink:
    """Let a family member see a resident; rank 1 is called before rank 2. Raises `MissingRowError`, `TakenError`."""
    existing(session, User, user_id)
    existing(session, Resident, resident_id)
    if session.get(FamilyLink, (user_id, resident_id)) is not None:
        raise TakenError("family link", f"{user_id} {resident_id}")
    row = FamilyLink(user_id=user_id, resident_id=resident_id, relation=relation, rank=rank)
    check_facts(row)
    session.add(row)
    session.flush()
    return row
