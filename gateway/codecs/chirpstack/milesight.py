"""Milesight's bytes: channel, type, value, again and again; what a channel means depends on the model.

Layouts as documented by the maker; where its description and its decoder contradict each other, as its decoder has it
(VS373: alarm type 0 is a fall, and occupancy is the other way round before version 1.0.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.payload import unknown_event
from gateway.codecs.chirpstack.channels import CHANNELS, COMMON, Field
from gateway.codecs.chirpstack.uplink import Uplink

_CONFIGURATION = frozenset({0xFE, 0xFF, 0xF8, 0xF9})
_PRESSES = {1: "short", 2: "long", 3: "double"}


def model_in(info: Mapping[str, object]) -> str:
    """Return whose bytes a device sends: the tag ``model``, else the name of its profile; empty for none we know."""
    tags = info.get("tags")
    tag = tags.get("model") if isinstance(tags, dict) else None
    for text in (tag, info.get("deviceProfileName"), info.get("deviceProfile")):
        if isinstance(text, str):
            plain = text.lower().replace("-", "").replace("_", "").replace(" ", "")
            found = next((model for model in CHANNELS if model in plain), "")
            if found:
                return found
    return ""


def observations_in(raw: bytes, uplink: Uplink) -> Iterator[Observation]:
    """Yield what the bytes of an uplink say; what stands behind an unknown channel is kept, and shown."""
    channels = CHANNELS[uplink.model]
    at = 0
    while at + 1 < len(raw):
        channel = raw[at] << 8 | raw[at + 1]
        field = channels.get(channel) or COMMON.get(channel)
        value = raw[at + 2 : at + 2 + field.length] if field else b""
        if field is None or len(value) < field.length:
            if raw[at] not in _CONFIGURATION or field is not None:
                yield _unread(raw[at:], uplink)
            return
        at += 2 + field.length
        yield from _field(field, value, uplink)
    if at < len(raw):
        yield _unread(raw[at:], uplink)


def _unread(rest: bytes, uplink: Uplink) -> Event:
    about = {"data": rest.hex()}
    return uplink.stamped(unknown_event(f"{uplink.model} {rest[:2].hex()}", at_ms=0, details=about))


def _field(field: Field, value: bytes, uplink: Uplink) -> Iterator[Observation]:
    if field.is_press:
        yield uplink.stamped(_press(value[0], uplink))
        return
    stamp_s = int.from_bytes(value[:4], "little") if field.is_history else None
    for seen in field.read(value[4:] if field.is_history else value):
        if not isinstance(seen, Scalar | Event):
            continue
        yield uplink.stamped(seen) if stamp_s is None else uplink.recorded(seen, stamp_s)


def _press(code: int, uplink: Uplink) -> Event:
    """Return the call of a press; what is no call by the device's tag ``sos`` is a switch."""
    press = _PRESSES.get(code, str(code))
    calling = str(uplink.tags.get("sos") or "").lower().replace(" ", "")
    kind = "sos" if not calling or press in calling.split(",") or press not in _PRESSES.values() else "switch"
    return Event(kind, 0, "on", {"press": press})
