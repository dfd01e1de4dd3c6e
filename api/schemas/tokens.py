"""API tokens: how a program asks as a user."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at


class TokenView(View):
    """An API token, without the token."""

    id: str = Field(description="First 16 hex digits of the token's SHA-256.")
    user_id: str
    label: str
    created_at_ms: Time = at("created_at")
    expires_at_ms: Time = at("expires_at")


class NewToken(Input):
    """A token to make."""

    label: str = Field(min_length=1, max_length=100, examples=["night report"])
    days: int = Field(default=90, ge=1, le=3_650, description="How long it is good for.")
    user_id: str = Field(default="", description="Whose; the caller's own when empty. Others' by an admin only.")


class TokenSecret(TokenView):
    """A fresh API token: the only time it is shown."""

    token: str
