"""What is known of a resident besides who it is: health, family, consent, bed, how the service ended."""

from __future__ import annotations

from pydantic import Field

from anhu.registry.consents import Capacity, Purpose
from anhu.registry.endings import EndReason
from api.schemas.base import Input, Time, View, at, ruled
from api.schemas.residents import ResidentView


class MedicineView(View):
    """A medicine that the resident takes."""

    name: str = Field(examples=["华法林"])
    dose: str = Field(examples=["2.5 mg 每晚"])
    dangerous: bool = Field(description="An anticoagulant, insulin, an opioid...: a helper must know at once.")


class ConsentView(View):
    """Somebody agreed to one purpose."""

    id: str
    purpose: str = Field(examples=list(Purpose))
    text_version: str
    given_by: str
    capacity: str = Field(examples=list(Capacity))
    given_at_ms: Time = at("given_at")
    withdrawn_at_ms: Time | None = at("withdrawn_at")
    withdrawn_by: str


class NewConsent(Input):
    """A consent to write down."""

    purpose: Purpose
    text_version: str = ruled(minLength=1, maxLength=32, description="Of the wording that was agreed to.")
    given_by: str = ruled(minLength=1, maxLength=100)
    capacity: Capacity = Capacity.SELF
    given_on: str = ruled(pattern=r"^\d{4}-\d{2}-\d{2}$")


class ConsentWithdrawal(Input):
    """Who withdraws it."""

    withdrawn_by: str = ruled(minLength=1, maxLength=100)


class RelativeView(View):
    """A relative, in the order in which they are called."""

    user_id: str
    login: str
    name: str
    relation: str
    rank: int
    phone: str
    can_log_in: bool


class NewRelative(Input):
    """A relative to link: one who is known by this phone already, or a new one."""

    name: str = ruled(minLength=1, maxLength=100)
    phone: str = ruled(minLength=1, maxLength=32)
    relation: str = ruled("", maxLength=32, examples=["daughter"])


class FamilyOrder(Input):
    """Who is called first."""

    user_ids: list[str] = Field(max_length=40, description="All relatives of the resident, the first one first.")


class StayView(View):
    """Where the resident lay, from when until when; without an end: now."""

    place_id: str
    place: str = Field(examples=["3 号楼 2 层 205 室 B 床"])
    from_ms: Time = at("from")
    until_ms: Time | None = at("until")


class Move(Input):
    """Where a resident is laid."""

    place_id: str = Field(default="", max_length=64, description="A bed or a home; empty: nowhere of ours.")


class EndingView(View):
    """How the service ended."""

    reason: str = Field(examples=list(EndReason))
    on_date: str
    note: str
    devices: list[str] = Field(description="What was taken back then.")
    at_ms: Time = at("at")
    by: str


class NewEnding(Input):
    """How the service ends."""

    reason: EndReason
    on_date: str = ruled(pattern=r"^\d{4}-\d{2}-\d{2}$")
    note: str = ruled("", maxLength=1_000)
    despite_open_alerts: bool = Field(default=False, description="Open alarms are known and stay open.")
    revision: int | None = None


class Resumption(Input):
    """Take an ending back."""

    revision: int | None = None


class OpenAlertView(View):
    """An alarm that is open."""

    id: str
    kind: str
    priority: int


class RecordView(View):
    """All that is written down of a resident, for those who look after the records."""

    resident: ResidentView
    identity_last_four: str = Field(description="Of the identity number; empty when there is none.")
    conditions: list[str]
    medicines: list[MedicineView]
    allergies: list[str]
    consents: list[ConsentView]
    family: list[RelativeView]
    stays: list[StayView]
    devices: list[str]
    open_alerts: list[OpenAlertView]
    has_photo: bool
    ending: EndingView | None


class Resumed(View):
    """What came of taking an ending back."""

    record: RecordView
    not_given_back: list[str] = Field(description="Devices and the bed that somebody else has by now.")


class PlaceView(View):
    """A building, floor, room or bed."""

    id: str
    centre_id: str
    parent_id: str
    kind: str
    name: str
    full_name: str
    in_use: bool
    lies_here: list[str] = Field(description="Residents, by identity, whom the caller may see.")
    is_taken: bool


class NewPlace(Input):
    """A place to make."""

    centre_id: str = Field(max_length=64)
    parent_id: str = Field(default="", max_length=64)
    kind: str = ruled(pattern="^(building|floor|room|bed)$")
    name: str = ruled(minLength=1, maxLength=60)


class PlaceChange(Input):
    """What to change of a place."""

    name: str | None = ruled(None, minLength=1, maxLength=60)
    in_use: bool | None = None


class RegionView(View):
    """A region of China."""

    code: str = Field(examples=["330106"])
    name: str = Field(examples=["浙江省 杭州市 西湖区"])
