"""The state of all alarms, as every page of the desk knows it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.alerts import PriorityWord
from api.schemas.base import Time, View, at


class CallView(View):
    """An unanswered alert in a line."""

    alert_id: str
    kind: str
    priority: PriorityWord
    resident_id: str
    resident_name: str
    address: str = ""
    started_at_ms: Time = at("started_at")


class NobodysCallView(View):
    """A call for help of a device that no resident has, or a value that is not normal and nobody's."""

    device_id: str
    model: str
    kind: str
    about: str = Field(default="", description="What else is known of one that nobody registered: product, address.")
    what: str = Field(
        default="nobodys",
        description="nobodys, stranger, shut_out (switched off); unassigned, heard: of a user or sensor not known.",
    )
    at_ms: Time = at("at")


class OfferView(View):
    """An alert that waits for a colleague's yes."""

    alert_id: str
    kind: str
    resident_id: str
    resident_name: str
    to_me: bool = Field(description="The viewer is asked; else he asked, and it is still his.")
    other_name: str = Field(description="Who asks, or who is asked.")
    note: str = ""
    offered_at_ms: Time = at("offered_at")


class WatchView(View):
    """How many alerts are open and unanswered, and which comes first."""

    mark: str = Field(description="Differs when anything of the open alerts does.")
    watches_anybody: bool = Field(description="False: no alert would ever be shown, for there is nobody to watch.")
    open: int
    unanswered: int
    level: PriorityWord | Literal[""] = Field(description="The most urgent unanswered priority.")
    newest_call: dict[str, int] = Field(description="Priority -> number of the newest call of the unanswered.")
    calls: list[CallView] = Field(description="The most urgent unanswered ones, then the newest.")
    newest: CallView | None = Field(default=None, description="The one that called last.")
    offers: list[OfferView] = Field(default=[], description="What the viewer is asked to take over, or asked others.")
