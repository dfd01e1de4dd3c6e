"""API tokens: how a program asks as a user."""

from __future__ import annotations

from pydantic import Field

from anhu.registry.roles import Scope
from api.schemas.base import Input, Time, View, at

MOST_DAYS = 90


class TokenView(View):
    """An API token, without the token."""

    id: str = Field(description="First 16 hex digits of the token's SHA-256.")
    user_id: str
    label: str
    scopes: list[Scope]
    created_at_ms: Time = at("created_at")
    last_used_at_ms: Time | None = at("last_used_at")
    expires_at_ms: Time = at("expires_at")


class NewToken(Input):
    """A token to make."""

    label: str = Field(min_length=1, max_length=100, examples=["night report"])
    days: int = Field(default=MOST_DAYS, ge=1, le=MOST_DAYS, description="How long it is good for.")
    scopes: list[Scope] = Field(
        default=[Scope.READ, Scope.RESPOND, Scope.PROVISION],
        min_length=1,
        max_length=len(Scope),
        description="What it may be used for, within what the user's role allows.",
    )
    user_id: str = Field(default="", description="Whose; the caller's own when empty. Others' by an admin only.")


class TokenSecret(TokenView):
    """A fresh API token: the only time it is shown."""

    token: str
