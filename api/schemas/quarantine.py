"""Devices that nobody registered, and measurements that are nobody's yet."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Input, Time, View, at


class StrangerView(View):
    """A device that nobody registered. Nothing that it said is in it."""

    id: str = Field(examples=["860000000000001"])
    said: str = Field(description="How it calls itself; control characters are escaped.")
    door: str = Field(examples=["tcp"])
    route: str
    product_id: str = Field(description="Whose vendor's cloud brought it; empty: it came by itself.")
    product_name: str = ""
    codec: str = Field(description="Of the family that it seems to be of.")
    address: str
    messages: int = Field(description="How many came.")
    waiting: int = Field(description="How many of them are kept, and not replayed yet.")
    calls: int = Field(description="How many read like a call for help.")
    replayed: int
    can_be_adopted: bool = Field(description="False: what it calls itself is no identity of a device.")
    first_ms: Time = at("first_at")
    last_ms: Time = at("last_at")
    last_call_ms: Time | None = at("last_call_at")
    adopted_ms: Time | None = at("adopted_at")


class OverflowView(View):
    """What was not kept, because its source had its share; or log-ins under names that nobody has."""

    source: str
    messages: int
    last_said: str
    last_ms: Time = at("last_at")


class QuarantineView(View):
    """Everybody in quarantine, those that call for help first, then the newest; at most 200."""

    strangers: list[StrangerView]
    total: int
    overflow: list[OverflowView]


class Adoption(Input):
    """As what a device is registered."""

    codec: str = Field(default="", max_length=64, description="Empty: that of the family it seems to be of.")
    resident_id: str = Field(default="", max_length=64)
    room: str = Field(default="", max_length=32)


class AdoptedView(View):
    """The device that a stranger became."""

    id: str


class MeasuredView(View):
    """One number or event of a measurement."""

    quantity: str
    value: float | None = None
    state: str = ""


class UnassignedView(View):
    """What a shared device does not know of whom, or what was heard of a sensor that nobody registered."""

    id: str
    device_id: str
    slot: str = Field(description="The user or sensor that the device names; ?: none.")
    measured: list[MeasuredView]
    abnormal: bool = Field(description="A rule would look at it, or it is a call for help.")
    is_call: bool = Field(description="It is a call for help.")
    readable: bool = Field(description="False: the key that it was sealed with is lost, and it cannot be shown.")
    observed_at_ms: Time = at("observed_at")
    received_at_ms: Time = at("received_at")


class Assignment(Input):
    """Whose a measurement is."""

    resident_id: str = Field(max_length=64)
    from_now_on: bool = Field(default=False, description="This user of the device is that resident from now on.")
