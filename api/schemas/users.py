"""Users, and whom a family member may see."""

from __future__ import annotations

from pydantic import Field, SecretStr

from anhu.registry.roles import Role
from api.schemas.base import Input, Time, View, at, ruled

_DUTY = "Kind of work: of a desk user operator, carer, supervisor; of a team member gp, nurse, public_health..."


class UserView(View):
    """Somebody who may log in."""

    id: str
    login: str
    name: str
    role: Role
    centre_id: str = ""
    centre_name: str = ""
    team_id: str = ""
    team_name: str = ""
    vendor: str = ""
    language: str
    enabled: bool
    duty: str = Field(default="", description=_DUTY)
    is_lead: bool = Field(default=False, description="Looks after the people, rota and policies of the centre or team.")
    must_change_password: bool = Field(default=False, description="The password is a one-time one.")
    residents: list[str] = Field(default=[], description="Whom a family member may see.")


class NewUser(Input):
    """A user to make."""

    login: str = ruled(minLength=2, maxLength=64, pattern=r"^[A-Za-z0-9_.@-]+$", examples=["dr.li"])
    name: str = ruled(minLength=1, maxLength=100, examples=["李医生"])
    role: Role
    password: SecretStr | None = Field(default=None, description="10 to 200 characters; none: tokens only.")
    centre_id: str = Field(default="", max_length=64, description="Of a desk user.")
    team_id: str = Field(default="", max_length=64, description="Of a team member.")
    vendor: str = ruled("", maxLength=100, description="Of a vendor's user.")
    language: str = ruled("zh-CN", pattern=r"^(zh-CN|en)$")
    duty: str = ruled("", maxLength=16, description=_DUTY, examples=["nurse"])
    is_lead: bool = False


class UserChange(Input):
    """What to change of a user; what is left out stays. To move somebody ends his sessions and API tokens."""

    name: str | None = ruled(None, minLength=1, maxLength=100)
    role: Role | None = None
    password: SecretStr | None = Field(default=None, description="Ends the user's sessions and API tokens.")
    centre_id: str | None = Field(default=None, max_length=64)
    team_id: str | None = Field(default=None, max_length=64)
    vendor: str | None = ruled(None, maxLength=100)
    language: str | None = ruled(None, pattern=r"^(zh-CN|en)$")
    enabled: bool | None = None
    duty: str | None = ruled(None, maxLength=16, description=_DUTY)
    is_lead: bool | None = None


class OneTimePassword(View):
    """A password that an administrator hands over: the only time it is shown; the first login must change it."""

    user_id: str
    login: str
    password: str
    until_ms: Time = at("until")


class FamilyLinkInput(Input):
    """Let a family member see a resident."""

    resident_id: str
    relation: str = ruled("", maxLength=32, examples=["daughter"])
    rank: int = Field(default=1, ge=1, le=9, description="Who is called first: 1 before 2.")
