"""Who wants to log in, and who is logged in."""

from __future__ import annotations

from pydantic import Field, SecretStr

from anhu.registry.roles import Role
from api.schemas.base import Input, Time, View, at


class Login(Input):
    """Who wants to log in."""

    login: str = Field(min_length=1, max_length=64, examples=["desk1"])
    password: SecretStr = Field(min_length=1, max_length=200)


class OwnPassword(Input):
    """A new password of one's own."""

    present: SecretStr = Field(min_length=1, max_length=200)
    new: SecretStr = Field(min_length=1, max_length=200, description="10 to 200 characters, not a common one.")


class Me(View):
    """Who the caller is."""

    user_id: str
    login: str
    name: str
    role: Role
    centre_id: str
    team_id: str
    vendor: str
    language: str
    permissions: list[str]
    csrf: str = Field(description="Repeat as X-CSRF-Token on writes with the cookie; empty for a bearer token.")


class LoginView(View):
    """One of the caller's sessions."""

    id: str
    agent: str = Field(description="What the browser calls itself.")
    address: str
    created_at_ms: Time = at("created_at")
    last_used_at_ms: Time | None = at("last_used_at")
    expires_at_ms: Time = at("expires_at")
    is_current: bool
