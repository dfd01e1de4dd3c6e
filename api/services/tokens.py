"""API tokens: how a program asks as a user."""

from __future__ import annotations

from sqlalchemy import select

from anhu.contract.clock import DAY_MS
from anhu.registry.database import reading
from anhu.registry.rows import existing
from anhu.registry.tables import Token, User
from api.dependencies import Dependencies
from api.errors import NotFoundError
from api.schemas.tokens import NewToken, TokenSecret, TokenView
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.viewers import new_secret, token_digest

_ID_BYTES = 8


def list_tokens(deps: Dependencies, viewer: Viewer) -> list[TokenView]:
    """Return the viewer's own API tokens, an admin's list everybody's; never the tokens themselves."""
    query = select(Token).where(Token.purpose == "api", Token.expires_at_ms > deps.clock.now_ms())
    if not viewer.may(Permission.ADMINISTER):
        query = query.where(Token.user_id == viewer.user_id)
    with reading(deps.sessions)() as session:
        return [_view(row) for row in session.scalars(query.order_by(Token.created_at_ms, Token.sha256))]


def create_token(deps: Dependencies, viewer: Viewer, given: NewToken) -> TokenSecret:
    """Make a token for the viewer, or as an admin for anybody; it is shown this once."""
    user_id = given.user_id or viewer.user_id
    if user_id != viewer.user_id:
        require(viewer, Permission.ADMINISTER)
    token = new_secret()
    now_ms = deps.clock.now_ms()
    with deps.sessions.begin() as session:
        existing(session, User, user_id)
        row = Token(
            sha256=token_digest(token),
            user_id=user_id,
            purpose="api",
            label=given.label,
            csrf="",
            created_at_ms=now_ms,
            expires_at_ms=now_ms + given.days * DAY_MS,
        )
        session.add(row)
        made = _view(row)
        record(session, viewer, "token.create", now_ms=now_ms, object_id=made.id, detail={"for": user_id})
        return TokenSecret(**made.model_dump(), token=token)


def revoke_token(deps: Dependencies, viewer: Viewer, token_id: str) -> None:
    """Make a token worthless: one's own, an admin anybody's."""
    with deps.sessions.begin() as session:
        for row in session.scalars(select(Token).where(Token.purpose == "api")):
            mine = row.user_id == viewer.user_id or viewer.may(Permission.ADMINISTER)
            if mine and _view(row).id == token_id:
                session.delete(row)
                record(session, viewer, "token.revoke", now_ms=deps.clock.now_ms(), object_id=token_id)
                return
    raise NotFoundError(f"no token {token_id!r}")


def _view(row: Token) -> TokenView:
    return TokenView(
        id=row.sha256[:_ID_BYTES].hex(),
        user_id=row.user_id,
        label=row.label,
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
    )
