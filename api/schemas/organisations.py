"""Centres and teams."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, View, ruled

_ID = r"^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9])?$"


class CentreView(View):
    """A community centre: the desk that is staffed day and night."""

    id: str
    name: str
    region_code: str
    phone: str
    time_zone: str = Field(description="By whose clock its residents live; empty for the installation's.")


class NewCentre(Input):
    """A centre to make."""

    id: str | None = Field(default=None, pattern=_ID)
    name: str = ruled(minLength=1, maxLength=200, examples=["莲花社区服务中心"])
    region_code: str = ruled("", pattern=r"^[0-9]{0,12}$", description="Administrative division code.")
    phone: str = ruled("", maxLength=32)
    time_zone: str = Field(default="", max_length=64, description="IANA name; the installation's when left out.")


class CentreChange(Input):
    """What to change of a centre."""

    time_zone: str = Field(max_length=64, description="IANA name; empty for the installation's.")


class TeamView(View):
    """A family-doctor team."""

    id: str
    name: str
    centre_id: str


class NewTeam(Input):
    """A team to make."""

    id: str | None = Field(default=None, pattern=_ID)
    name: str = ruled(minLength=1, maxLength=200, examples=["李医生团队"])
    centre_id: str = ""
