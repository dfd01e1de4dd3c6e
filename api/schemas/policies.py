"""Escalation policies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Input, Time, View, at

_Word = Annotated[str, Field(max_length=64)]
_Seconds = Annotated[int, Field(ge=0, le=604_800)]


class StepForm(Input):
    """A step of a policy."""

    after_s: _Seconds = Field(description="Since the alarm was raised or was last news. [s]")
    parties: list[_Word] = Field(default=[], max_length=16, examples=[["centre", "family_first"]])
    channels: list[_Word] = Field(default=[], max_length=32, description="Empty: every channel of a contact.")
    prompt_emergency: bool = Field(default=False, description="The desk is asked to call the emergency services.")
    repeat_every_s: _Seconds = 0
    repeat_times: int = Field(default=0, ge=0, le=1_000)


class PolicyForm(Input):
    """A policy to save: for whom it is, and its steps."""

    name: str = Field(max_length=200, examples=["夜间跌倒"])
    organisation_id: _Word = Field(default="", description="Whose residents; empty: of the whole installation.")
    kinds: list[_Word] = Field(default=[], max_length=64, description="Kinds of alarm; empty: any.")
    route: _Word = Field(default="", description="person, medical, safety, area; empty: any about a person.")
    priority: _Word = Field(default="high", description="high or medium")
    tier: _Word = Field(default="", description="How closely the resident is watched; empty: any.")
    hours: _Word = Field(default="", examples=["22:00-06:00"], description="By the clock of the home; empty: any.")
    days: _Word = Field(default="", description="workday or restday; empty: any.")
    steps: list[StepForm] = Field(max_length=64)
    ack_stands_s: _Seconds | None = Field(
        default=None, description="How long an acknowledgement stands without anybody on the way; null: till closed."
    )
    scene_within_s: _Seconds | None = Field(default=None, description="After how long arrival is asked after.")


class PolicyChange(PolicyForm):
    """A policy as it shall be from now on."""

    based_on: int = Field(ge=1, description="Number of the version that was changed; another one since is a conflict.")


class PolicyView(PolicyForm):
    """A version of a policy, or a default."""

    id: str = Field(default="", description="The same for all versions; empty for a default.")
    number: int = Field(default=0, description="Of this version.")
    has_ended: bool = False
    made_at_ms: Time | None = at("made_at")
    made_by: str = ""
    made_by_name: str = ""
    may_change: bool = False


class PolicyListView(View):
    """What counts, and what there is without it."""

    policies: list[PolicyView]
    defaults: list[PolicyView]
    organisations: dict[str, str] = Field(description="Identity -> name, of those whose policies the caller may write.")


class PreviewForm(Input):
    """An alarm that has not happened."""

    resident_id: str = Field(max_length=64)
    kind: _Word = "fall"
    priority: _Word = "high"
    at: str = Field(default="", max_length=40, description="By the clock of the home; now when left out.")


class ReachedView(View):
    """A contact that would be told."""

    name: str
    channel: str
    channel_zh: str = ""
    channel_en: str = ""
    house: str = Field(description="resident, centre, team, family, organisation")


class PreviewStepView(View):
    """A moment of the alarm, if nobody answers."""

    at_ms: Time = at("at")
    after_s: int
    parties: list[str]
    reached: list[ReachedView]
    missing: list[str] = Field(description="Parties of whom nobody can be reached, or for whom others stand in.")
    prompt_emergency: bool


class PreviewView(View):
    """Whom an alarm would reach, and when."""

    resident_id: str
    resident_name: str
    zone: str
    policy: PolicyView
    why: list[str] = Field(description="What of its scope names this alarm, more than others do.")
    beaten: list[str] = Field(description="Names of the policies that would count without it.")
    steps: list[PreviewStepView]
