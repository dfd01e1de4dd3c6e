"""What a push of the operator's cloud says."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import alarms_stand, is_unmapped, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_object, flagged, is_urgent, json_object, number, time_ms, unknown_event
from gateway.codec import Frame

_NUMBERS: Mapping[str, str] = {
    "heartrate": "heart_rate", "hr": "heart_rate", "bpm": "heart_rate",
    "spo2": "spo2", "bloodoxygen": "spo2",
    "sbp": "systolic_pressure", "dbp": "diastolic_pressure",
    "bodytemperature": "body_temperature", "bodytemp": "body_temperature",
    "temperature": "room_temperature", "temp": "room_temperature", "humidity": "room_humidity",
    "batterylevel": "battery", "battery": "battery", "batterypercent": "battery",
    "rsrp": "signal_strength", "rssi": "signal_strength",
    "steps": "steps", "stepcount": "steps",
}  # fmt: skip
_NOT_A_NAME = re.compile(r"[\s_\-.]+")
_IDENTITY = frozenset({"imei", "imsi", "iccid", "deviceid", "serviceid"})
_ONLINE = {1: "on", 0: "off"}
_MOST_FIELDS = 500
_APP_DATA = "APPdata"


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one report; what is no report of a device, the answer to a command, says nothing."""
    body = json_object(frame.payload)
    try:
        at_ms, quality = time_ms(body.get("timestamp"), "timestamp"), TimeQuality.DEVICE
    except FieldError:
        at_ms, quality = frame.received_at_ms, TimeQuality.RECEIVED
    kind = body.get("messageType")
    if kind == "deviceOnlineOfflineReport":
        found: tuple[Observation, ...] = (_there_or_gone(body, at_ms),)
    elif kind == "commandResponse":
        found = ()
    else:
        found = alarms_stand(tuple(_report(_content(body), at_ms)))
        if not found:
            raise DecodeError("payload", body.get("payload"), "at least one field that is mapped")
    made = tuple(msgspec.structs.replace(one, time_quality=quality) for one in found)
    return flagged(made, Quality.RETAINED) if frame.retained else made


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of a report that nobody mapped."""
    body = json_object(frame.payload)
    if body.get("messageType") in ("deviceOnlineOfflineReport", "commandResponse"):
        return ()
    return tuple(
        name
        for name, value in _content(body).items()
        if plain(name) not in _NUMBERS.keys() | _IDENTITY and is_unmapped(name, value)
    )


def plain(name: str) -> str:
    """Return a name without case, dashes and underscores."""
    return _NOT_A_NAME.sub("", name[:96]).lower()


def _there_or_gone(body: Mapping[str, object], at_ms: int) -> Event:
    state = body.get("eventType")
    if not isinstance(state, int) or state not in _ONLINE:
        raise DecodeError("eventType", state, "1 for online, 0 for offline")
    return Event("connection", at_ms, _ONLINE[state])


def _content(body: Mapping[str, object]) -> Mapping[str, Any]:
    """Return the fields that a device reported: of a service, an event, or a payload of its own form."""
    content = body.get("eventContent")
    if isinstance(content, dict):
        return content
    payload = as_object(body.get("payload"), "payload")
    service = payload.get("serviceData")
    found = service if isinstance(service, dict) else payload
    if len(found) > _MOST_FIELDS:
        raise DecodeError("payload", len(found), f"at most {_MOST_FIELDS} fields")
    return found


def _report(fields: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    for name, value in fields.items():
        if name == _APP_DATA:
            yield from _transparent(value, at_ms)
        elif plain(name) in _IDENTITY:
            continue
        elif (quantity := _NUMBERS.get(plain(name))) is not None:
            yield from _measured(quantity, name, value, at_ms)
        elif (event := understood(name, value, at_ms)) is not None:
            yield event


def _measured(quantity: str, name: str, value: object, at_ms: int) -> Iterator[Observation]:
    try:
        found = number(value, name)
    except FieldError:  # one field that cannot be read must not cost the others
        if value not in (None, ""):
            yield unknown_event(name, at_ms=at_ms, details={"value": value})
        return
    if quantity != "signal_strength" or found < 0:  # some modems say it without its sign, others as an index
        yield Scalar(quantity, found, at_ms)


def _transparent(value: object, at_ms: int) -> Iterator[Observation]:
    """Read the device's own bytes: JSON, or words; what is neither is kept as it came."""
    try:
        raw = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raw = str(value).encode()
    try:
        inner = json_object(raw)
    except FieldError:
        inner = {}
    found = [] if _APP_DATA in inner else list(_report(inner, at_ms))
    if found:
        yield from found
        return
    text = raw.decode("utf-8", "replace").strip()
    event = understood("event", text, at_ms) if text.isprintable() else None
    yield event or unknown_event(_APP_DATA, at_ms=at_ms, details={"value": value}, urgent=is_urgent(text))
