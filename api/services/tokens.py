"""API tokens: how a program asks as a user."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from anhu.contract.clock import DAY_MS
from anhu.registry.database import reading
from anhu.registry.rows import existing
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.errors import ConflictError, NotFoundError
from api.schemas.tokens import NewToken, TokenSecret, TokenView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require, require_session
from api.security.viewers import new_secret, scopes_of, token_digest

_ID_BYTES = 8
_DIGEST_BYTES = 32
_LISTED = ("api", "wall")
"""What lives on without anybody logged in: it is listed, so that it can be revoked."""
_MOST_TOKENS = 50


def list_tokens(deps: Dependencies, viewer: Viewer) -> list[TokenView]:
    """Return the viewer's own API tokens, an admin's list everybody's; never the tokens themselves."""
    query = select(Token).where(Token.purpose.in_(_LISTED), Token.expires_at_ms > deps.clock.now_ms())
    if not viewer.may(Permission.ADMINISTER):
        query = query.where(Token.user_id == viewer.user_id)
    with reading(deps.sessions)() as session:
        return [_view(row) for row in session.scalars(query.order_by(Token.created_at_ms, Token.sha256))]


def create_token(deps: Dependencies, viewer: Viewer, given: NewToken) -> TokenSecret:
    """Make a token for oneself, an admin for anybody; only somebody who logged in may.

    Raises
    ------
    ForbiddenError
        If a token asks, or it is for somebody else.
    ConflictError
        If the user has as many as one may have.
    """
    require_session(viewer)
    user_id = given.user_id or viewer.user_id
    if user_id != viewer.user_id:
        require(viewer, Permission.ADMINISTER)
    token = new_secret()
    with deps.sessions.begin() as session:
        existing(session, User, user_id, lock=True)
        now_ms = deps.clock.now_ms()
        _refuse_too_many(session, user_id, now_ms)
        row = Token(
            sha256=token_digest(token),
            user_id=user_id,
            purpose="api",
            label=given.label,
            csrf="",
            scopes=" ".join(sorted(set(given.scopes))),
            created_at_ms=now_ms,
            expires_at_ms=now_ms + given.days * DAY_MS,
        )
        session.add(row)
        made = _view(row)
        detail = {"for": user_id, "scopes": row.scopes}
        record(session, viewer, "token.create", now_ms=now_ms, object_id=made.id, detail=detail)
        return TokenSecret(**made.model_dump(), token=token)


def _refuse_too_many(session: Session, user_id: str, now_ms: int) -> None:
    living = select(func.count()).select_from(Token)
    living = living.where(Token.user_id == user_id, Token.purpose == "api", Token.expires_at_ms > now_ms)
    if (session.scalar(living) or 0) >= _MOST_TOKENS:
        raise ConflictError(f"user {user_id!r} has {_MOST_TOKENS} tokens: revoke one first")


def revoke_token(deps: Dependencies, viewer: Viewer, token_id: str) -> None:
    """Make a token worthless: one's own, an admin anybody's."""
    with deps.sessions.begin() as session:
        for row in session.scalars(select(Token).where(Token.purpose.in_(_LISTED), _begins_with(token_id))):
            mine = row.user_id == viewer.user_id or viewer.may(Permission.ADMINISTER)
            if mine and _view(row).id == token_id:
                session.delete(row)
                record(session, viewer, "token.revoke", now_ms=deps.clock.now_ms(), object_id=token_id)
                return
    raise NotFoundError(f"no token {token_id!r}")


def _begins_with(token_id: str) -> ColumnElement[bool]:
    """Return the condition on the digests that a token's identity stands for; what is none stands for no digest."""
    try:
        first = bytes.fromhex(token_id)[:_ID_BYTES]
    except ValueError:
        return false()
    return Token.sha256.between(first, first + b"\xff" * (_DIGEST_BYTES - len(first)))


def _view(row: Token) -> TokenView:
    return TokenView(
        id=row.sha256[:_ID_BYTES].hex(),
        user_id=row.user_id,
        label=row.label,
        scopes=sorted(scopes_of(row)),
        created_at_ms=row.created_at_ms,
        last_used_at_ms=row.last_used_at_ms,
        expires_at_ms=row.expires_at_ms,
    )
