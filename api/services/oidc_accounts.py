"""Whose account a login by the provider opens: what the provider says of a person holds at each login, and only that.

Accounts are found by issuer and subject, never by a name or an address. Without a role there nobody gets in; who had
one loses the account with it. Somebody who may be on call is missed then: the rotas are looked at at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anhu.registry.errors import TakenError
from anhu.registry.oidc_tables import OidcIdentity, OidcSession, OidcUsed
from anhu.registry.roles import Role
from anhu.registry.rota.looking import owner_of
from anhu.registry.rota_tables import RotaRow
from anhu.registry.rows import existing
from anhu.registry.tables import Token, User
from anhu.registry.users import update_user
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.oidc.config import OidcConfig
from api.oidc.door import Person
from api.oidc.errors import OidcError
from api.oidc.roles import Grant
from api.oidc.ticket import LASTS_MS
from api.security.audit import record
from api.security.logged_in import LoggedIn
from api.security.roles import Viewer
from api.security.viewers import token_digest, viewer_of
from api.services.login import Opening, open_session
from api.services.oidc_grants import facts_of, found_grant, new_account
from api.services.user_rules import check_last_admin, desk_left_empty

STRANGER = Viewer(user_id="", login="", name="", role=Role.FAMILY)
"""Who has no account: on record as nobody."""
_logger = logging.getLogger(__name__)


class Refused(NamedTuple):
    """Nobody was let in: why, and whom it was about, if we know."""

    reason: str
    user_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody came back from the provider.

    Attributes
    ----------
    browser, agent : str
        By what the browser says that it was here before; what it calls itself.
    """

    person: Person
    address: str
    browser: str = ""
    agent: str = ""


def log_in_by_provider(deps: Dependencies, config: OidcConfig, arrival: Arrival) -> LoggedIn | Refused:
    """Open the account of a person, with the role that the provider says; or end it, where it says none.

    Raises
    ------
    OidcError
        If this login was used already.
    """
    try:
        with deps.sessions.begin() as session:
            use_once(session, "nonce " + arrival.person.nonce, deps.clock.now_ms(), lasts_ms=2 * LASTS_MS)
            return _let_in(deps, session, config, arrival)
    except (IntegrityError, TakenError):
        raise OidcError("used", "this login was used, or begun twice at one moment") from None


def use_once(session: Session, what: str, now_ms: int, *, lasts_ms: int) -> None:
    """Note that something counted; the second time the database refuses it (`IntegrityError`)."""
    session.execute(delete(OidcUsed).where(OidcUsed.until_ms < now_ms))
    session.add(OidcUsed(sha256=token_digest(what), until_ms=now_ms + lasts_ms))
    session.flush()


def _let_in(deps: Dependencies, session: Session, config: OidcConfig, arrival: Arrival) -> LoggedIn | Refused:
    person, now_ms = arrival.person, deps.clock.now_ms()
    identity = session.get(OidcIdentity, (person.issuer, person.subject), with_for_update=True)
    grant = found_grant(session, config.rules, person.values)
    if grant is None:
        return _no_role(session, config, arrival, identity, now_ms)
    if identity is None:
        user = new_account(session, config, person, grant, address=arrival.address, now_ms=now_ms)
    else:
        user = existing(session, User, identity.user_id, lock=True)
        if not user.enabled and identity.ended_at_ms is None:
            return _refused(session, arrival, "disabled", user.id, now_ms)
        try:
            follow(session, config, user, grant, address=arrival.address, now_ms=now_ms)
        except ConflictError:
            return _refused(session, arrival, "last_admin", user.id, now_ms)
        identity.seen_at_ms, identity.ended_at_ms = now_ms, None
    return _opened(deps, session, config, user, arrival)


def follow(session: Session, config: OidcConfig, user: User, grant: Grant, *, address: str, now_ms: int) -> None:
    """Give a user the role that the provider says; a change of it ends what was open.

    Raises
    ------
    ConflictError
        If nobody could administer the platform any more.
    """
    facts = facts_of(config, user, grant)
    changes = {name: value for name, value in facts.items() if getattr(user, name) != value}
    if not user.enabled:
        changes["enabled"] = True
    if user.password_until_ms is not None and user.password_until_ms <= now_ms:
        changes |= {"password_hash": "", "password_until_ms": None}
    if not changes:
        return
    if user.password_hash:
        check_last_admin(session, user, changes)
    was = {name: str(getattr(user, name) or "") for name in changes if name in facts}
    look_at_rota(session, user)
    update_user(session, user.id, changes)
    look_at_rota(session, user)
    if was or "enabled" in changes:
        session.execute(delete(Token).where(Token.user_id == user.id))
        detail = {"was": was, "is": {name: str(changes[name] or "") for name in was}, "by": grant.value}
        viewer = viewer_of(user, address=address)
        record(session, viewer, "user.by_provider", now_ms=now_ms, object_id=user.id, detail=detail)


def look_at_rota(session: Session, user: User) -> None:
    """Have the rota of a user looked at at once: who comes or goes may leave a gap, and somebody is told of it."""
    owner = owner_of(user)
    if owner is not None:
        own = (RotaRow.owner_kind == owner[0], RotaRow.owner_id == owner[1])
        session.execute(update(RotaRow).where(*own).values(look_at_ms=0))


def _no_role(
    session: Session, config: OidcConfig, arrival: Arrival, identity: OidcIdentity | None, now_ms: int
) -> Refused:
    if identity is None:
        return _refused(session, arrival, "no_role", "", now_ms)
    user = existing(session, User, identity.user_id, lock=True)
    identity.seen_at_ms = now_ms
    if not user.enabled:
        return _refused(session, arrival, "no_role", user.id, now_ms)
    session.execute(delete(Token).where(Token.user_id == user.id))
    if config.names(user.login) and user.password_hash:
        return _refused(session, arrival, "kept_named", user.id, now_ms)
    try:
        if user.password_hash:
            check_last_admin(session, user, {"enabled": False})
    except ConflictError:
        return _refused(session, arrival, "last_admin", user.id, now_ms)
    viewer = viewer_of(user, address=arrival.address)
    alone = desk_left_empty(session, viewer, user)
    look_at_rota(session, user)
    update_user(session, user.id, {"enabled": False})
    identity.ended_at_ms = now_ms
    detail = {"residents_seen_by_no_desk": alone}
    record(session, viewer, "user.ended_by_provider", now_ms=now_ms, object_id=user.id, detail=detail)
    if alone:
        _logger.error("the provider took the role of %s: %d residents are seen by no desk now", user.id, alone)
    return _refused(session, arrival, "no_role", user.id, now_ms)


def _refused(session: Session, arrival: Arrival, reason: str, user_id: str, now_ms: int) -> Refused:
    """Put on record who was refused, so that an administrator can find the person's subject."""
    user = session.get(User, user_id) if user_id else None
    detail = {"reason": reason, "issuer": arrival.person.issuer, "subject": arrival.person.subject}
    address = arrival.address
    who = STRANGER if user is None else viewer_of(user, address=address)
    record(session, replace(who, address=address), "login.refused", now_ms=now_ms, detail=detail)
    return Refused(reason, user_id)


def _opened(deps: Dependencies, session: Session, config: OidcConfig, user: User, arrival: Arrival) -> LoggedIn:
    now_ms = deps.clock.now_ms()
    lasts_ms = min(config.session_ms, deps.session_limit_ms)
    kept = session.get(Token, token_digest(arrival.browser)) if arrival.browser else None
    known = kept is not None and kept.user_id == user.id and kept.purpose == "browser"
    opening = Opening(arrival.address, known, arrival.agent)
    opened = open_session(session, user, opening, now_ms=now_ms, lasts_ms=lasts_ms)
    living = select(Token.sha256).where(Token.user_id == user.id)
    gone = (OidcSession.user_id == user.id, OidcSession.sha256.not_in(living))
    session.execute(delete(OidcSession).where(*gone))
    digest = token_digest(opened.token)
    limit_ms = now_ms + lasts_ms
    session.add(OidcSession(sha256=digest, user_id=user.id, sid=arrival.person.sid, limit_ms=limit_ms))
    return opened
