"""What a terminal says: where it is, and its alarm bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

from anhu.contract.errors import DecodeError
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, TimeQuality
from anhu.contract.payload import flagged, unknown_event
from gateway.codec import Frame
from gateway.codecs.jtt808.framing import LOG_IN, REGISTER, Message, readable

_CHINA = timezone(timedelta(hours=8), "China Standard Time")
_POSITION, _ASKED_POSITION, _BATCH = 0x0200, 0x0201, 0x0704
_SILENT = frozenset({0x0001, 0x0002, 0x0003, 0x0004, REGISTER, LOG_IN, 0x0104, 0x0107, 0x0108, 0x0506})
"""Answers, signs of life, log-ins: nothing of the wearer. 0x0506 is a sign of life of some makers."""
_POSITION_BYTES = 28
_LATE_MS = 120_000
_ALARMS: Mapping[int, tuple[str, str]] = {
    0: ("sos", ""),
    4: ("sensor_fault", "satellite receiver"),
    5: ("sensor_fault", "antenna not connected"),
    6: ("sensor_fault", "antenna short-circuited"),
    7: ("battery_low", ""),
}
"""Bit: event, and the reason of a fault."""
_MINOR: Mapping[int, str] = {
    1: "overspeed",
    2: "driver tired",
    8: "power cut",
    9: "display fault",
    10: "speech fault",
    11: "camera fault",
    13: "overspeed warning",
    14: "driver tired warning",
    18: "driving too long",
    19: "parked too long",
    20: "area entered or left",
    21: "route entered or left",
    22: "route too slow or too fast",
    23: "off the route",
    24: "speed sensor fault",
    25: "fuel",
    26: "vehicle stolen",
    27: "ignition",
    28: "moved",
}
"""What a vehicle's terminal says, and a pendant hardly ever; whatever else is set may be a call."""
_NAMED = {3: "danger warning", 29: "collision", 30: "rollover"}
_SHOWN_BYTES = 256


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one message."""
    message = readable(frame.payload)
    said = tuple(_said(frame, message))
    return flagged(said, Quality.RETAINED) if frame.retained else said


def _said(frame: Frame, message: Message) -> Iterator[Observation]:
    if message.kind == _POSITION:
        yield from _position(message.body, frame.received_at_ms)
    elif message.kind == _ASKED_POSITION:
        yield from _position(message.body[2:], frame.received_at_ms)
    elif message.kind == _BATCH:
        yield from _batch(message.body, frame.received_at_ms)
    elif message.kind not in _SILENT:
        details = {"value": message.body[:_SHOWN_BYTES].hex()} if message.body else {}
        yield unknown_event(
            f"message {message.kind:04x}",
            at_ms=frame.received_at_ms,
            time_quality=TimeQuality.RECEIVED,
            details=details,
            urgent=False,
        )


def _batch(body: bytes, received_at_ms: int) -> Iterator[Observation]:
    """Read positions that were kept; one that cannot be read costs only itself."""
    if len(body) < 3:  # noqa: PLR2004 - count and kind
        raise DecodeError("batch", body, "a count, a kind, and positions")
    at = 3
    while at + 2 <= len(body):
        length = int.from_bytes(body[at : at + 2], "big")
        item = body[at + 2 : at + 2 + length]
        at += 2 + length
        if len(item) >= _POSITION_BYTES:
            yield from _position(item, received_at_ms)
        else:
            yield unknown_event(
                "short position in a batch",
                at_ms=received_at_ms,
                time_quality=TimeQuality.RECEIVED,
                details={"value": item.hex()},
                urgent=False,
            )


def _position(body: bytes, received_at_ms: int) -> Iterator[Observation]:
    """Read the fixed part of a position; what follows it differs by maker, and never costs an alarm."""
    if len(body) < _POSITION_BYTES:
        raise DecodeError("position", f"{len(body)} bytes", f"at least {_POSITION_BYTES}")
    alarms, status = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    at_ms, time_quality = _time(body[22:28], received_at_ms)
    late = time_quality is TimeQuality.DEVICE and received_at_ms - at_ms > _LATE_MS
    where = _fix(body, status)
    yield from _alarms(alarms, where, at_ms, time_quality)
    if where:
        yield Event("position", at_ms, "on", where, time_quality, int(Quality.LATE) if late else 0)


def _alarms(bits: int, where: dict[str, AttributeValue], at_ms: int, time_quality: TimeQuality) -> Iterator[Event]:
    for bit in range(32):
        if not bits >> bit & 1:
            continue
        if bit in _ALARMS:
            kind, reason = _ALARMS[bit]
            about: dict[str, AttributeValue] = {"reason": reason} if reason else dict(where) if kind == "sos" else {}
            yield Event(kind, at_ms, "on", about, time_quality)
        else:
            name = _MINOR.get(bit) or _NAMED.get(bit, "alarm")
            yield unknown_event(f"{name} (bit {bit})", at_ms=at_ms, time_quality=time_quality, urgent=bit not in _MINOR)


def _fix(body: bytes, status: int) -> dict[str, AttributeValue]:
    """Return the coordinates of a fix; nothing where the terminal has none, or says 0, 0."""
    latitude, longitude = int.from_bytes(body[8:12], "big") / 1e6, int.from_bytes(body[12:16], "big") / 1e6
    if not status >> 1 & 1 or (latitude == 0 and longitude == 0) or latitude > 90 or longitude > 180:  # noqa: PLR2004
        return {}
    south, west = status >> 2 & 1, status >> 3 & 1
    return {"latitude_deg": -latitude if south else latitude, "longitude_deg": -longitude if west else longitude}


def _time(bcd: bytes, received_at_ms: int) -> tuple[int, TimeQuality]:
    try:
        at = datetime.strptime(bcd.hex(), "%y%m%d%H%M%S").replace(tzinfo=_CHINA)
    except ValueError:
        return received_at_ms, TimeQuality.RECEIVED
    if at.year < 2000:  # noqa: PLR2004 - two digits from 69 on mean the last century: a clock that is not set
        return received_at_ms, TimeQuality.RECEIVED
    return round(at.timestamp() * 1_000), TimeQuality.DEVICE
