"""Radar modules of the R60ABD1 / MR60 family: their serial port's frames, handed on by a Wi-Fi board as they are.

``53 59`` control, command, two bytes of length, data, sum, ``54 43``; several may stand in one message, as bytes or as
hexadecimal digits. Control 80 is presence, 81 breath, 83 a fall (the fall radars), 84 the bed, 85 the heart. A frame
whose sum is wrong is passed over; a message in which none is right is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from anhu.contract.errors import DecodeError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, unknown_event
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec

_HEAD, _TAIL = b"\x53\x59", b"\x54\x43"
_AROUND = 9
_MOST_BYTES = 65_536
_MOST_FRAMES = 500
_HEX = re.compile(rb"[0-9a-fA-F\s,:]+")
_PRESENCE, _BREATH, _FALL, _BED, _HEART = 0x80, 0x81, 0x83, 0x84, 0x85
_NO_RATE = 0xFF
_BRIEF = frozenset({0x01, 0x02, 0x03, 0x05, 0x07})
"""Heartbeats, product, firmware, working state, range: of the module, not of a person."""


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read the frames of a message."""
    raw = _bytes(frame.payload)
    found = list(_frames(raw))
    if not found:
        raise DecodeError("payload", frame.payload[:40], "frames from 53 59 to 54 43 with their right sum")
    made: list[Observation] = []
    for control, command, data in found:
        made += _said(control, command, data, frame.received_at_ms)
    newest = {(one.quantity, getattr(one, "state", "")): one for one in made}  # of one moment only the last counts
    kept = tuple(msgspec.structs.replace(one, time_quality=TimeQuality.RECEIVED) for one in newest.values())
    return flagged(kept, Quality.RETAINED) if frame.retained else kept


def _bytes(payload: bytes) -> bytes:
    text = payload.strip()
    if payload.startswith(_HEAD) or not _HEX.fullmatch(text):
        return payload[:_MOST_BYTES]
    digits = re.sub(rb"[\s,:]", b"", text)
    return bytes.fromhex(digits.decode()) if len(digits) % 2 == 0 else b""


def _frames(raw: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield the control, command and data of each frame whose sum is right."""
    at = raw.find(_HEAD)
    for _ in range(_MOST_FRAMES):
        if at < 0:
            return
        length = int.from_bytes(raw[at + 4 : at + 6], "big")
        end = at + _AROUND + length
        whole = raw[at:end]
        if len(whole) == _AROUND + length and whole[-2:] == _TAIL and sum(whole[:-3]) & 0xFF == whole[-3]:
            yield whole[2], whole[3], whole[6:-3]
            at = raw.find(_HEAD, end)
        else:
            at = raw.find(_HEAD, at + 1)


def _said(control: int, command: int, data: bytes, at_ms: int) -> Iterator[Scalar | Event]:
    value = data[0] if data else -1
    if (control, command) == (_PRESENCE, 0x01) and value in (0, 1):
        yield Event("presence", at_ms, "on" if value else "off")
    elif (control, command) == (_PRESENCE, 0x02) and value == 2:  # noqa: PLR2004 - active; 1 is still
        yield Event("motion", at_ms, "on")
    elif (control, command) == (_BREATH, 0x02) and 0 < value < _NO_RATE:
        yield Scalar("respiration_rate", float(value), at_ms)
    elif (control, command) == (_HEART, 0x02) and 0 < value < _NO_RATE:
        yield Scalar("heart_rate", float(value), at_ms)
    elif (control, command) == (_BED, 0x01) and value in (0, 1):
        yield Event("bed", at_ms, "on" if value else "off")
    elif (control, command) == (_FALL, 0x01):
        if value in (0, 1):
            yield Event("fall" if value else "fall_suspected", at_ms, "on" if value else "off")
        else:
            yield unknown_event(f"fall state {value}", at_ms=at_ms, urgent=True)
    elif control == _FALL and command == 0x05 and value == 1:  # noqa: PLR2004 - lies still after a fall
        yield unknown_event("motionless after a fall", at_ms=at_ms, urgent=True)


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the commands that nobody mapped, as hexadecimal digits."""
    known = (_PRESENCE, _BREATH, _FALL, _BED, _HEART)
    found = (c for c in _frames(_bytes(frame.payload)) if c[0] not in _BRIEF and c[0] not in known)
    return tuple(f"{control:02x} {command:02x}" for control, command, _ in found)


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_ROUTE = "anhu/r60abd1/dev-1/up"


def _example(name: str, payload: bytes, *observations: Observation) -> Example:
    return Example(name=name, route=_ROUTE, payload=payload, observations=observations)


_EXAMPLES = (
    _example("heart", bytes.fromhex("535985020001598D5443"), Scalar("heart_rate", 89.0, _AT_MS, _RECEIVED)),
    _example("heart, as digits", b"53 59 85 02 00 01 59 8D 54 43", Scalar("heart_rate", 89.0, _AT_MS, _RECEIVED)),
    _example(
        "somebody is there, and breathes",
        bytes.fromhex("5359800100010" + "12F5443" + "535981020001" + "0F3F5443"),
        Event("presence", _AT_MS, "on", {}, _RECEIVED),
        Scalar("respiration_rate", 15.0, _AT_MS, _RECEIVED),
    ),
    _example("a fall", bytes.fromhex("53598301000101325443"), Event("fall", _AT_MS, "on", {}, _RECEIVED)),
    _example(
        "nobody fell", bytes.fromhex("53598301000100315443"), Event("fall_suspected", _AT_MS, "off", {}, _RECEIVED)
    ),
    _example("out of bed", bytes.fromhex("53598401000100325443"), Event("bed", _AT_MS, "off", {}, _RECEIVED)),
    _example("the module's heartbeat", bytes.fromhex("5359010100010FBE5443")),
    Example(
        name="a wrong sum", route=_ROUTE, payload=bytes.fromhex("53598301000101335443"), error="with their right sum"
    ),
    Example(name="cut off", route=_ROUTE, payload=bytes.fromhex("535983010001"), error="with their right sum"),
)

CODEC = Codec(
    name="r60abd1",
    title="Radar modules R60ABD1 / MR60: serial frames over MQTT",
    data_sheet="https://wiki.seeedstudio.com/Radar_MR60BHA1/",
    mqtt=MqttSpec(publish=("anhu/r60abd1/{device_id}/up",)),
    decode=decode,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
