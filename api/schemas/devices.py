"""Devices and what the platform asks of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from api.schemas.base import Input, Time, View, at

_Word = Annotated[str, Field(max_length=64)]
_ID = r"^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9])?$"


class DoorNoteView(View):
    """What a device said at a door that came to nothing."""

    kind: str = Field(
        examples=["foreign"],
        description="foreign, too_long, will, subscription, protocol, login, garbage, parts or shut_out.",
    )
    times: int
    last: str = Field(description="The newest topic, filter or reason; control characters are escaped.")
    at_ms: Time = at("at")


class DeviceView(View):
    """A wearable, a home sensor, or a home gateway."""

    id: str = Field(examples=["watch-0001"])
    codec: str = Field(examples=["open_json"])
    model: str
    vendor: str
    firmware: str = Field(default="", description="As it was last said.")
    product_id: str = Field(default="", description="Which product of its vendor; empty: none was named.")
    product_name: str = ""
    resident_id: str = Field(description="Whom it is assigned to; always empty for a vendor.")
    resident_name: str = Field(default="", description="Their name, where devices are listed; empty for a vendor.")
    assigned: bool
    place: str = Field(default="", description="The bed or the room at which it stands; empty for a vendor.")
    parent_id: str
    child_name: str
    position: str
    room: str
    room_means: str = Field(
        examples=["bathroom"],
        description="bathroom, front_door or room; empty when no rule knows the word.",
    )
    alarms: list[str] = Field(examples=[["sos", "fall"]], description="Which calls for help it can make.")
    report_period_s: float
    shared: bool = Field(
        default=False, description="Several people measure with it; what it does not say of whom is nobody's."
    )
    enabled: bool
    enrolled_at_ms: Time = at("enrolled_at")
    seen_ms: Time | None = Field(
        default=None, serialization_alias="seen_at", description="When it last said something."
    )
    silent: bool = Field(default=False, description="For longer than its reports allow.")
    battery_percent: float | None = None
    signal_dbm: float | None = None
    ended_ms: Time | None = Field(
        default=None, serialization_alias="ended_at", description="When its connection ended; null while it stands."
    )
    ended_why: str = Field(default="", examples=["keep_alive"], description="Why it ended.")
    notes: list[DoorNoteView] = Field(default=[], description="What it says in vain, and how often.")


class DeviceSecret(DeviceView):
    """A device with its fresh secret: the only time it is shown. Also its MQTT password; the user name is `id`."""

    secret: str
    claim_code: str = Field(examples=["ABCD-2345"], description="Printed on its box; whoever installs it says it.")


class BindingView(View):
    """Whose a device was, and where it stood, from when until when."""

    resident_id: str
    resident_name: str
    place: str
    from_ms: Time = at("from")
    until_ms: Time | None = at("until")


class Binding(Input):
    """To whom a device is given, or at which bed or in which room it stands."""

    resident_id: str = Field(default="", max_length=64)
    place_id: str = Field(default="", max_length=64)


class Claim(Binding):
    """The code on the box, and whose the device becomes."""

    code: str = Field(max_length=200, examples=["ABCD-2345"])


class ClaimView(View):
    """What the code on a box stands for."""

    device_id: str
    claim_code: str
    model: str
    product_name: str
    alarms: list[str]
    state: str = Field(examples=["free"], description="free, taken or revoked.")
    own: bool = Field(description="Taken by a resident whom the caller sees.")


class LabelView(View):
    """What is printed on a box: nothing secret."""

    device_id: str
    product_name: str
    claim_code: str
    url: str
    qr: list[str] = Field(description="Rows of the QR code of `url`, `1` dark.")


class NewDevice(Input):
    """A device to register."""

    id: str = Field(pattern=_ID, examples=["watch-0001"], description="Serial number, IMEI or MAC.")
    codec: str = Field(default="open_json", max_length=64)
    product_id: str = Field(default="", max_length=64, description="Codec, vendor and model are then the product's.")
    model: str = Field(default="", max_length=100)
    vendor: str = Field(default="", max_length=100, description="A vendor's own name is filled in.")
    resident_id: str = ""
    parent_id: str = Field(default="", description="The home gateway it sits behind; it then has no secret of its own.")
    child_name: str = Field(default="", max_length=100, description="What the gateway calls it.")
    position: str = Field(default="", max_length=32, examples=["waist"])
    room: str = Field(default="", max_length=32, examples=["bathroom"])
    alarms: list[str] = Field(default=[], max_length=16, examples=[["sos", "fall"]])
    report_period_s: float = Field(default=0, ge=0, le=604_800)


class DeviceChange(Input):
    """What to change of a device; what is left out stays."""

    model: str | None = Field(default=None, max_length=100)
    firmware: str | None = Field(default=None, max_length=64)
    resident_id: str | None = Field(default=None, description="Empty: assigned to nobody.")
    child_name: str | None = Field(default=None, max_length=100)
    position: str | None = Field(default=None, max_length=32)
    room: str | None = Field(default=None, max_length=32)
    alarms: list[str] | None = Field(default=None, max_length=16)
    report_period_s: float | None = Field(default=None, ge=0, le=604_800)
    shared: bool | None = Field(default=None, description="Several people measure with it.")


class CommandView(View):
    """Something asked of a device."""

    id: str
    device_id: str
    name: str
    arguments: dict[str, str | float]
    created_at_ms: Time = at("created_at")
    state: str = Field(
        examples=["delivered"], description="waiting, delivered, answered, silent (nobody answers), failed or expired."
    )
    delivered_at_ms: Time | None = at("delivered_at")
    expires_at_ms: Time = at("expires_at")
    answered_at_ms: Time | None = at("answered_at")
    answer: str = Field(description="What the device said: an event, or words of its own.")
    failed_at_ms: Time | None = at("failed_at")
    failure: str = Field(description="Why it could not be done.")


class NewCommand(Input):
    """Something to ask of a device."""

    name: Literal["ask_ok", "measure", "locate", "find", "configure", "text", "firmware"]
    arguments: dict[_Word, Annotated[str, Field(max_length=256)] | FiniteFloat] = Field(
        default={}, max_length=16, examples=[{"quantity": "spo2"}]
    )
    expires_in_s: int = Field(default=300, ge=5, le=604_800, description="Not delivered by then: forgotten.")
