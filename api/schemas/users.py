"""Users, and whom a family member may see."""

from __future__ import annotations

from pydantic import Field, SecretStr

from anhu.registry.roles import Role
from api.schemas.base import Input, View, ruled


class UserView(View):
    """Somebody who may log in."""

    id: str
    login: str
    name: str
    role: Role
    centre_id: str = ""
    team_id: str = ""
    vendor: str = ""
    language: str
    enabled: bool
    residents: list[str] = Field(default=[], description="Whom a family member may see.")


class NewUser(Input):
    """A user to make."""

    login: str = ruled(minLength=2, maxLength=64, pattern=r"^[A-Za-z0-9_.@-]+$", examples=["dr.li"])
    name: str = ruled(minLength=1, maxLength=100, examples=["李医生"])
    role: Role
    password: SecretStr | None = Field(default=None, description="10 to 200 characters; none: tokens only.")
    centre_id: str = Field(default="", description="Of a desk user.")
    team_id: str = Field(default="", description="Of a team member.")
    vendor: str = ruled("", maxLength=100, description="Of a vendor's user.")
    language: str = ruled("zh-CN", pattern=r"^(zh-CN|en)$")


class UserChange(Input):
    """What to change of a user; what is left out stays."""

    name: str | None = ruled(None, minLength=1, maxLength=100)
    password: SecretStr | None = Field(default=None, description="Ends the user's sessions and API tokens.")
    language: str | None = ruled(None, pattern=r"^(zh-CN|en)$")
    enabled: bool | None = None


class FamilyLinkInput(Input):
    """Let a family member see a resident."""

    resident_id: str
    relation: str = ruled("", maxLength=32, examples=["daughter"])
    rank: int = Field(default=1, ge=1, le=9, description="Who is called first: 1 before 2.")
