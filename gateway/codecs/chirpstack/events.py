"""The events of a network server: uplinks, what a device's battery is, that it joined, what went wrong."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import radio_address
from anhu.contract.meaning import alarms_stand, is_unmapped
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_object, flagged, json_object, number, time_ms, unknown_event
from gateway.codec import Frame
from gateway.codecs.chirpstack.milesight import model_in, observations_in
from gateway.codecs.chirpstack.named import named_values
from gateway.codecs.chirpstack.uplink import Uplink

_SILENT = frozenset({"ack", "txack", "integration"})
_MOST_RECEIVERS = 64
_MOST_BYTES = 1_024
_LEAST_LEVELS = 4
_KNOWN = frozenset({"battery", "temperature", "humidity"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one event of one device."""
    levels = frame.route.split("/")
    if len(levels) < _LEAST_LEVELS or levels[-2] != "event" or levels[-4] != "device":
        raise DecodeError("topic", frame.route, "application/<id>/device/<devEui>/event/<event>")
    if levels[-1] in _SILENT:
        return ()
    body = json_object(frame.payload)
    info = as_object(body.get("deviceInfo"), "deviceInfo")
    source = radio_address(str(info.get("devEui") or levels[-3]))
    reader = _EVENTS.get(levels[-1], _other)
    uplink = _uplink(body, info, frame.received_at_ms, levels[-1])
    made = alarms_stand(tuple(msgspec.structs.replace(one, source=source) for one in reader(body, uplink)))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def same(frame: Frame) -> tuple[str, int] | None:
    """Return what a server marks an event with; else the device's address and the number of its frame."""
    with suppress(FieldError):
        body = json_object(frame.payload)
        mark = body.get("deduplicationId")
        if isinstance(mark, str) and mark:
            return f"{frame.route.rpartition('/')[2]}/{mark}", 0
        if isinstance(body.get("fCnt"), int):
            return f"{frame.route}/{body.get('devAddr')}/{body['fCnt']}", 0
    return None


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of a decoded object that nobody mapped, where the bytes were not read here."""
    body = json_object(frame.payload)
    info, decoded = body.get("deviceInfo"), body.get("object")
    if not isinstance(decoded, dict) or (isinstance(info, dict) and model_in(info)):
        return ()
    return tuple(name for name, value in decoded.items() if name not in _KNOWN and is_unmapped(name, value))


def _uplink(body: Mapping[str, object], info: Mapping[str, object], received_at_ms: int, event: str) -> Uplink:
    at_ms, quality = received_at_ms, TimeQuality.RECEIVED
    with suppress(FieldError):  # the server's clock; a wrong one must not cost a call
        at_ms, quality = time_ms(body.get("time"), "time"), TimeQuality.DEVICE
    tags = info.get("tags")
    return Uplink(
        event=event,
        model=model_in(info),
        profile=str(info.get("deviceProfileName") or "")[:64],
        tags=tags if isinstance(tags, dict) else {},
        at_ms=at_ms,
        time_quality=quality,
        received_at_ms=received_at_ms,
    )


def _up(body: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    raw, decoded = _bytes(body.get("data")), body.get("object")
    if uplink.model and raw:
        yield from observations_in(raw, uplink)
    elif isinstance(decoded, dict) and decoded:
        yield from named_values(decoded, uplink)
    elif raw:  # nobody knows what it says: the desk must see that
        about = {"data": raw.hex()}
        yield uplink.stamped(unknown_event(f"LoRaWAN {uplink.profile or 'device'}", at_ms=0, details=about))
    strongest = _strongest(body.get("rxInfo"))
    if strongest is not None:
        yield uplink.stamped(Scalar("signal_strength", strongest, 0))


def _bytes(data: object) -> bytes:
    if data is None or data == "":
        return b""
    if isinstance(data, str) and len(data) <= 2 * _MOST_BYTES:
        with suppress(binascii.Error, ValueError):
            return base64.b64decode(data, validate=True)
    raise DecodeError("data", data, f"at most {_MOST_BYTES} bytes as Base64")


def _strongest(receivers: object) -> float | None:
    """Return the signal strength at the gateway that heard best. [dB[mW]]."""
    found = []
    for one in receivers[:_MOST_RECEIVERS] if isinstance(receivers, list) else ():
        with suppress(FieldError):
            found.append(number(one.get("rssi") if isinstance(one, dict) else None, "rssi"))
    return max(found, default=None)


def _status(body: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    if body.get("externalPowerSource") or body.get("batteryLevelUnavailable"):
        return
    level = body.get("batteryLevel", 0.0 if "margin" in body else None)  # a level of 0 is left out
    if level is not None:
        yield uplink.stamped(Scalar("battery", round(number(level, "batteryLevel"), 1), 0))


def _join(_body: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    yield uplink.stamped(Event("connection", 0, "on"))


def _location(body: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    place = as_object(body.get("location"), "location")
    latitude = number(place.get("latitude", 0), "location.latitude")
    longitude = number(place.get("longitude", 0), "location.longitude")
    if latitude or longitude:
        about: dict[str, AttributeValue] = {"latitude_deg": latitude, "longitude_deg": longitude}
        with suppress(FieldError):
            about["accuracy_m"] = number(place.get("accuracy"), "accuracy")
        yield uplink.stamped(Event("position", 0, "on", about))


def _log(body: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    """Tell what made the server drop a device's messages: nobody else would ever know."""
    if body.get("level") == "ERROR":
        about = {"value": body.get("description", "")}
        code = f"LoRaWAN log {body.get('code', 'error')}"
        yield uplink.stamped(unknown_event(code, at_ms=0, details=about, urgent=False))


def _other(body: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    yield uplink.stamped(unknown_event(f"LoRaWAN event {uplink.event}", at_ms=0, details={"fields": sorted(body)[:20]}))


_EVENTS: Mapping[str, Callable[[Mapping[str, object], Uplink], Iterator[Observation]]] = {
    "up": _up,
    "status": _status,
    "join": _join,
    "location": _location,
    "log": _log,
}
