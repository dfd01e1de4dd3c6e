"""Organisations, centres and teams."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, View, ruled

_ID = r"^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9])?$"
_REGION = "Code of the region: GB/T 2260 and its street and village codes."


class OrganisationView(View):
    """Who runs centres and teams: a street's office, a hospital, a care company."""

    id: str
    name: str
    region_code: str
    closed: bool


class NewOrganisation(Input):
    """An organisation to make."""

    id: str | None = Field(default=None, pattern=_ID)
    name: str = ruled(minLength=1, maxLength=200, examples=["西湖区民政局"])
    region_code: str = ruled("", pattern=r"^[0-9]{0,12}$", description=_REGION)


class OrganisationChange(Input):
    """What to change of an organisation; what is left out stays."""

    name: str | None = ruled(None, minLength=1, maxLength=200)
    region_code: str | None = ruled(None, pattern=r"^[0-9]{0,12}$", description=_REGION)


class CentreView(View):
    """A community centre: the desk that is staffed day and night."""

    id: str
    name: str
    region_code: str
    phone: str
    time_zone: str = Field(description="By whose clock its residents live; empty for the installation's.")
    organisation_id: str = ""
    closed: bool = False


class NewCentre(Input):
    """A centre to make."""

    id: str | None = Field(default=None, pattern=_ID)
    name: str = ruled(minLength=1, maxLength=200, examples=["莲花社区服务中心"])
    region_code: str = ruled("", pattern=r"^[0-9]{0,12}$", description=_REGION)
    phone: str = ruled("", maxLength=32)
    time_zone: str = Field(default="", max_length=64, description="IANA name; the installation's when left out.")
    organisation_id: str = Field(default="", max_length=64)


class CentreChange(Input):
    """What to change of a centre; what is left out stays."""

    name: str | None = ruled(None, minLength=1, maxLength=200)
    region_code: str | None = ruled(None, pattern=r"^[0-9]{0,12}$", description=_REGION)
    phone: str | None = ruled(None, maxLength=32)
    time_zone: str | None = Field(default=None, max_length=64, description="IANA name; empty for the installation's.")
    organisation_id: str | None = Field(default=None, max_length=64)


class TeamView(View):
    """A family-doctor team."""

    id: str
    name: str
    centre_id: str
    organisation_id: str = ""
    code: str = Field(default="", description="By which the health authority knows it.")
    region_code: str = ""
    closed: bool = False


class NewTeam(Input):
    """A team to make."""

    id: str | None = Field(default=None, pattern=_ID)
    name: str = ruled(minLength=1, maxLength=200, examples=["李医生团队"])
    centre_id: str = Field(default="", max_length=64)
    organisation_id: str = Field(default="", max_length=64)
    code: str = ruled("", maxLength=32)
    region_code: str = ruled("", pattern=r"^[0-9]{0,12}$", description=_REGION)


class TeamChange(Input):
    """What to change of a team; what is left out stays."""

    name: str | None = ruled(None, minLength=1, maxLength=200)
    centre_id: str | None = Field(default=None, max_length=64)
    organisation_id: str | None = Field(default=None, max_length=64)
    code: str | None = ruled(None, maxLength=32)
    region_code: str | None = ruled(None, pattern=r"^[0-9]{0,12}$", description=_REGION)
