"""Residents."""

from __future__ import annotations

from pydantic import Field

from anhu.registry.flags import FLAGS
from api.schemas.base import Input, Time, View, at, ruled

_FLAGS = "What rules honour. " + "; ".join(f"{flag}: {what}" for flag, what in FLAGS.items()) + "."
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_SEX = "^(|female|male)$"
_EXTERNAL = "A number by which others know the resident; once in a centre."
_ID = r"^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9])?$"


class ResidentView(View):
    """A person who is watched."""

    id: str = Field(examples=["r-4kq7m2x9b3c1d5e6"])
    name: str = Field(examples=["张桂兰"])
    sex: str = Field(examples=["female"])
    birth_date: str = Field(examples=["1941-05-02"])
    address: str
    phone: str
    access_note: str = Field(description="How to get in; shown to those who answer alerts only.")
    flags: list[str] = Field(examples=[["fall_risk", "lives_alone"]])
    centre_id: str
    centre_name: str
    team_id: str
    team_name: str
    time_zone: str = Field(description="By whose clock the resident lives; empty for the centre's.")
    tier: str = Field(description="How closely watched: basic, enhanced, intensive; empty for as everybody.")
    external_number: str = Field(description="A number by which others know the resident.")
    region_code: str
    region: str = Field(examples=["浙江省 杭州市 西湖区"])
    bed: str = Field(examples=["3 号楼 2 层 205 室 B 床"])
    revision: int = Field(description="Send it with a change: if somebody else was first, the answer is 409.")
    active: bool
    created_at_ms: Time = at("created_at")


class Medicine(Input):
    """A medicine that a resident takes; one that is known to be dangerous is marked by itself."""

    name: str = ruled(minLength=1, maxLength=100)
    dose: str = ruled("", maxLength=100)
    dangerous: bool = False


class NewResident(Input):
    """A resident to enrol. A national identity number is kept sealed and never answered, its last four apart."""

    id: str | None = Field(default=None, pattern=_ID, description="Made when left out.")
    name: str = ruled(minLength=1, maxLength=100)
    sex: str = ruled("", pattern=_SEX)
    birth_date: str = ruled("", pattern=rf"^$|{_DATE}")
    address: str = ruled("", maxLength=300)
    phone: str = ruled("", maxLength=32)
    access_note: str = ruled("", maxLength=1_000)
    flags: list[str] = Field(default=[], max_length=32, description=_FLAGS)
    centre_id: str = ""
    team_id: str = ""
    time_zone: str = Field(default="", max_length=64, description="IANA name; the centre's when left out.")
    tier: str = ruled("", pattern="^(|basic|enhanced|intensive)$")
    external_number: str = ruled("", maxLength=64, description=_EXTERNAL)
    region_code: str = ruled("", maxLength=12, description="GB/T 2260; 6, 9 or 12 digits.")
    identity_number: str = Field(default="", max_length=40, description="GB 11643; birth date and sex come from it.")
    conditions: list[str] = Field(default=[], max_length=40)
    medicines: list[Medicine] = Field(default=[], max_length=40)
    allergies: list[str] = Field(default=[], max_length=40)


class ResidentChange(Input):
    """What to change of a resident; what is left out stays."""

    name: str | None = ruled(None, minLength=1, maxLength=100)
    sex: str | None = ruled(None, pattern=_SEX)
    birth_date: str | None = ruled(None, pattern=rf"^$|{_DATE}")
    address: str | None = ruled(None, maxLength=300)
    phone: str | None = ruled(None, maxLength=32)
    access_note: str | None = ruled(None, maxLength=1_000)
    flags: list[str] | None = Field(default=None, max_length=32, description=_FLAGS)
    centre_id: str | None = None
    team_id: str | None = None
    time_zone: str | None = Field(default=None, max_length=64)
    tier: str | None = ruled(None, pattern="^(|basic|enhanced|intensive)$")
    external_number: str | None = ruled(None, maxLength=64, description=_EXTERNAL)
    region_code: str | None = ruled(None, maxLength=12)
    identity_number: str | None = Field(default=None, max_length=40, description="Empty: forget it.")
    conditions: list[str] | None = Field(default=None, max_length=40)
    medicines: list[Medicine] | None = Field(default=None, max_length=40)
    allergies: list[str] | None = Field(default=None, max_length=40)
    revision: int | None = Field(default=None, description="Of what is changed: 409 when it is another one by now.")
