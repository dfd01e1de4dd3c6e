"""Linking an account that is here with a person at the provider: by whoever has proved both, or by an administrator."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.database import reading
from anhu.registry.oidc_tables import OidcIdentity, OidcSession
from anhu.registry.rows import existing
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.oidc.config import OidcConfig
from api.oidc.door import Person
from api.oidc.errors import OidcError
from api.oidc.ticket import LASTS_MS
from api.security.audit import record
from api.security.managing import managed_user
from api.security.roles import Permission, Viewer, require, require_session
from api.services.oidc_accounts import follow, use_once
from api.services.oidc_grants import found_grant

_LONGEST_SUBJECT = 255


class LinkView(NamedTuple):
    """A person at the provider. [ms]."""

    issuer: str
    subject: str
    linked_at_ms: int
    seen_at_ms: int | None
    has_ended: bool


def own_link(deps: Dependencies, viewer: Viewer) -> LinkView | None:
    """Return the person at the provider that the caller is."""
    with reading(deps.sessions)() as session:
        return _view_of(session, viewer.user_id)


def link_of(deps: Dependencies, viewer: Viewer, user_id: str) -> LinkView | None:
    """Return the person at the provider that a user is."""
    require(viewer, Permission.MANAGE_PEOPLE)
    with reading(deps.sessions)() as session:
        return _view_of(session, managed_user(session, viewer, user_id).id)


def link_user(deps: Dependencies, viewer: Viewer, user_id: str, subject: str) -> None:
    """Say who a user is at the provider; the next login there opens this account, with the role of there.

    Raises
    ------
    ConflictError
        If one of the two is linked already, or no provider is set up.
    """
    require(viewer, Permission.ADMINISTER)
    require_session(viewer)
    if not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise FieldError("subject", subject, f"1 to {_LONGEST_SUBJECT} characters")
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        existing(session, User, user_id, lock=True)
        if deps.oidc is None:
            raise ConflictError("no provider of logins is set up", zh="未设置统一登录")
        _add(session, deps.oidc.config.issuer, subject, user_id, by=viewer.user_id, now_ms=now_ms)
        record(session, viewer, "user.link", now_ms=now_ms, object_id=user_id, detail={"subject": subject})


def unlink_user(deps: Dependencies, viewer: Viewer, user_id: str) -> None:
    """Forget who a user is at the provider, and end every session and token of his."""
    require(viewer, Permission.ADMINISTER)
    require_session(viewer)
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        existing(session, User, user_id, lock=True)
        row = session.scalar(select(OidcIdentity).where(OidcIdentity.user_id == user_id))
        if row is None:
            return
        record(session, viewer, "user.unlink", now_ms=now_ms, object_id=user_id, detail={"subject": row.subject})
        session.delete(row)
        session.execute(delete(OidcSession).where(OidcSession.user_id == user_id))
        session.execute(delete(Token).where(Token.user_id == user_id))


def link_own(deps: Dependencies, viewer: Viewer, config: OidcConfig, person: Person) -> None:
    """Link the caller, who has proved the password here and come back from the provider.

    Raises
    ------
    OidcError
        If the provider has no role for the person, or one of the two is linked already.
    """
    require_session(viewer)
    now_ms = deps.clock.now_ms()
    try:
        with deps.sessions.begin() as session:
            use_once(session, "nonce " + person.nonce, now_ms, lasts_ms=2 * LASTS_MS)
            grant = found_grant(session, config.rules, person.values)
            if grant is None:
                raise OidcError("no_role", "the provider has no role for this person")
            user = existing(session, User, viewer.user_id, lock=True)
            _add(session, person.issuer, person.subject, user.id, by=user.id, now_ms=now_ms)
            detail = {"subject": person.subject}
            record(session, viewer, "user.link", now_ms=now_ms, object_id=user.id, detail=detail)
            follow(session, config, user, grant, address=viewer.address, now_ms=now_ms)
    except IntegrityError:
        raise OidcError("used", "this login was used") from None
    except ConflictError as error:
        raise OidcError("linked", str(error)) from None


def _add(session: Session, issuer: str, subject: str, user_id: str, *, by: str, now_ms: int) -> None:
    same = (OidcIdentity.issuer == issuer) & (OidcIdentity.subject == subject)
    if session.scalar(select(OidcIdentity.user_id).where(same | (OidcIdentity.user_id == user_id))) is not None:
        raise ConflictError("one of the two is linked already", zh="该账户或该统一登录身份已被关联")
    session.add(OidcIdentity(issuer=issuer, subject=subject, user_id=user_id, linked_at_ms=now_ms, linked_by=by))
    session.flush()


def _view_of(session: Session, user_id: str) -> LinkView | None:
    row = session.scalar(select(OidcIdentity).where(OidcIdentity.user_id == user_id))
    if row is None:
        return None
    return LinkView(row.issuer, row.subject, row.linked_at_ms, row.seen_at_ms, row.ended_at_ms is not None)
