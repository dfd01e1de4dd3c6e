"""What a role that the provider says is here: the place must exist, and a new account takes nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from anhu.contract.languages import wanted_language
from anhu.registry.duties import DUTIES_OF
from anhu.registry.oidc_tables import OidcIdentity
from anhu.registry.roles import Role
from anhu.registry.tables import Centre, Team, User
from anhu.registry.users import create_user
from api.oidc.config import OidcConfig
from api.oidc.door import Person
from api.oidc.roles import Grant, RoleRule, granted
from api.security.audit import record
from api.security.viewers import token_digest, viewer_of

_LONGEST_LOGIN = 64
_LANGUAGE = "zh-CN"


def found_grant(session: Session, rules: Sequence[RoleRule], values: Sequence[str]) -> Grant | None:
    """Return the first role that the values are worth and whose place there is; None: no role."""
    return next((grant for grant in granted(rules, values) if _is_there(session, grant)), None)


def facts_of(config: OidcConfig, user: User, grant: Grant) -> dict[str, Any]:
    """Return what a role makes of a user. Who leads is the provider's business where any rule speaks of it."""
    duties = DUTIES_OF.get(grant.role, frozenset())
    facts: dict[str, Any] = {
        "role": grant.role.value,
        "centre_id": grant.place if grant.role is Role.DESK else None,
        "team_id": grant.place if grant.role is Role.TEAM else None,
        "vendor": grant.place if grant.role is Role.VENDOR else "",
        "duty": user.duty if user.duty in duties else "",
    }
    stays = all(getattr(user, name) == facts[name] for name in ("role", "centre_id", "team_id"))
    by_rule = any(rule.is_lead for rule in config.rules)
    return {**facts, "is_lead": grant.is_lead if by_rule else user.is_lead and stays}


def new_account(
    session: Session, config: OidcConfig, person: Person, grant: Grant, *, address: str, now_ms: int
) -> User:
    """Make the account of somebody who comes for the first time. Raises `TakenError`."""
    blank = User(role="", centre_id=None, team_id=None, vendor="", duty="", is_lead=False)
    user = create_user(
        session,
        login=_free_login(session, config, person),
        name=person.name or person.login or person.subject[:_LONGEST_LOGIN],
        language=wanted_language(person.language) or _LANGUAGE,
        **facts_of(config, blank, grant),
    )
    session.flush()
    session.add(
        OidcIdentity(
            issuer=person.issuer, subject=person.subject, user_id=user.id, linked_at_ms=now_ms, seen_at_ms=now_ms
        )
    )
    detail = {"role": user.role, "by": grant.value, "issuer": person.issuer}
    record(session, viewer_of(user, address=address), "user.create", now_ms=now_ms, object_id=user.id, detail=detail)
    return user


def _is_there(session: Session, grant: Grant) -> bool:
    if grant.role is Role.DESK:
        return (
            session.scalar(select(Centre.id).where(Centre.id == grant.place, Centre.closed_at_ms.is_(None))) is not None
        )
    if grant.role is Role.TEAM:
        return session.scalar(select(Team.id).where(Team.id == grant.place, Team.closed_at_ms.is_(None))) is not None
    return True


def _free_login(session: Session, config: OidcConfig, person: Person) -> str:
    """Return the name by which the provider knows somebody, unless it is another's here, or promised to one."""
    wanted = person.login[:_LONGEST_LOGIN]
    taken = not wanted or wanted in config.passwords or session.scalar(select(exists().where(User.login == wanted)))
    return f"sso-{token_digest(person.issuer + ' ' + person.subject).hex()[:16]}" if taken else wanted
