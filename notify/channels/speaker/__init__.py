"""Speaker: a resident's own device asks "are you well?" and says what the platform has understood."""

from __future__ import annotations

import re
from dataclasses import dataclass

from anhu.contract.errors import FieldError
from anhu.registry.contact_form import ContactForm, Words
from notify.channel_type import Capabilities, ChannelType, Shows

_DEVICE = re.compile(r"device:(?P<device>[A-Za-z0-9][A-Za-z0-9_.:-]{0,63})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerSettings:
    """Nothing is decided: what a device can is its codec's."""


def device_of(address: str) -> str:
    """Return the device of an address; empty for what is none."""
    found = _DEVICE.fullmatch(address)
    return found["device"] if found else ""


def check_address(address: str) -> None:
    """Raise `FieldError` for what is no device."""
    if not device_of(address):
        raise FieldError("address", address, "device: and its identity", zh="device: 加设备编号")


CHANNEL = ChannelType(
    name="speaker",
    settings=SpeakerSettings,
    server=lambda _: None,
    capabilities=Capabilities(
        shows=Shows.TEXT, longest_text=120, answerable=False, receipts=frozenset({"delivered"}), per_minute=6
    ),
    form=ContactForm(
        title=Words("设备自身的喇叭", "the device's own speaker"),
        label=Words("设备", "Device"),
        hint=Words(
            "device: 加设备编号；设备振动、播报并询问“您还好吗”",
            "device: and its identity; it vibrates, speaks and asks “are you well?”",
        ),
        kind="text",
        check=check_address,
        has_secret=False,
    ),
)
