"""Alerts as the desk, the doctor and scripts see them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from anhu.contract.priority import Priority
from api.schemas.base import Time, View, at

PriorityWord = Literal["high", "medium", "low", "info"]
PRIORITY_WORDS: Mapping[int, PriorityWord] = MappingProxyType(
    {Priority.HIGH: "high", Priority.MEDIUM: "medium", Priority.LOW: "low", Priority.INFO: "info"}
)


class MemberView(View):
    """A device, or one of its rooms, that still reports an alert."""

    device_id: str
    room: str = ""
    since_ms: Time = at("since")
    last_at_ms: Time = at("last_at")
    reports: int


class AreaHomeView(View):
    """A resident whom the alert of an area is about."""

    resident_id: str
    name: str
    address: str = ""
    phone: str = ""
    devices: list[str] = Field(default=[], description="Of the resident, as the alert names them.")
    open_alerts: int = Field(default=0, description="Other alerts of the resident that are open now.")
    last_heard_ms: Time | None = at("last_heard")


class AlertView(View):
    """One episode of one kind for one resident."""

    id: str = Field(examples=["a-4kq7m2x9b3c1d5e6"])
    resident_id: str
    resident_name: str = Field(examples=["张桂兰"])
    centre_id: str = ""
    team_id: str = ""
    device_id: str = ""
    kind: str = Field(examples=["fall"], description="Code of the alert table.")
    title_zh: str = Field(examples=["跌倒"])
    title_en: str = Field(examples=["Fall"])
    priority: PriorityWord
    condition: str = Field(examples=["present"], description="present, gone")
    response: str = Field(examples=["unacked"], description="unacked, acknowledged, on_the_way, on_scene, closed")
    latches: bool = Field(description="Only a person ends it.")
    is_open: bool
    late: bool = Field(description="Reported long after it happened.")
    repeats: int
    started_at_ms: Time = at("started_at")
    raised_at_ms: Time = at("raised_at")
    last_at_ms: Time = at("last_at")
    acknowledged_at_ms: Time | None = at("acknowledged_at")
    closed_at_ms: Time | None = at("closed_at")
    assignee: str = Field(default="", description="User who answers it.")
    outcome: str = Field(default="", description="true, false, test, drill, device_fault, resolved, merged")
    found: str = Field(
        default="", description="Of a real one: helped_up, hospital, ambulance, nobody_met, other; empty: not said."
    )
    practice: str = Field(default="", description="test, drill: somebody who answers it says so; it is never counted.")
    offered_to: str = Field(default="", description="User who is asked to take it over, and has not said yes.")
    offered_at_ms: Time | None = Field(default=None, serialization_alias="offered_at")
    merged_into: str = Field(default="", description="The alert that this one closed into.")
    call_for_help: bool = Field(default=False, description="Answered alone, by a person; never with others at once.")
    reporting: list[MemberView] = Field(
        default=[], description="Devices that still report it; empty when a rule looks at the whole home."
    )
    area: list[AreaHomeView] = Field(
        default=[], description="Of one area alert, read alone: the homes that it is about, at most 100."
    )
    homes: int = Field(default=0, description="Of an area alert: how many homes it is about in all.")
    unlisted: int = Field(
        default=0, description="Reports of devices beyond the 64 that are named: such an alert is ended by a person."
    )
    untold_since_ms: Time | None = Field(
        default=None,
        serialization_alias="untold_since",
        description="Since when nobody can be told of it; its history says why.",
    )
    evidence: dict[str, Any] = Field(
        default={}, description="features, limits, quantity, device_id, start_ms, end_ms, note: what decided."
    )


class AlertEventView(View):
    """One line of an alert's history."""

    id: int
    alert_id: str
    at_ms: Time = at("at")
    what: str = Field(examples=["acknowledged"])
    actor: str = Field(default="", description="User id, or empty for the platform itself.")
    actor_name: str = ""
    text: str = ""
    data: dict[str, Any] = Field(default={})


class ReceiptView(View):
    """What a channel answered to one attempt."""

    at_ms: Time = at("at")
    state: str = Field(examples=["sent"])
    detail: str = ""


class NotificationView(View):
    """A message that had to be sent about an alert, and what became of it."""

    id: int
    channel: str = Field(examples=["webhook"])
    channel_zh: str = Field(default="", examples=["接口推送"])
    channel_en: str = Field(default="", examples=["webhook"])
    owner_kind: str = Field(examples=["team"])
    owner_id: str
    owner_name: str = Field(default="", examples=["李医生团队"])
    reason: str
    state: str = Field(examples=["sent"])
    attempts: int
    created_at_ms: Time = at("created_at")
    receipts: list[ReceiptView]


class NextStepView(View):
    """What comes next while nobody answers an alert."""

    due_at_ms: Time = at("due_at")
    parties: list[str] = Field(examples=[["centre", "family_first"]], description="centre, team, family_first, family")


class Order(StrEnum):
    """How a list of alerts is sorted."""

    QUEUE = "queue"
    """Highest priority first, then oldest: the order to work in."""
    NEWEST = "newest"
    """Newest first: the order to look back in."""
