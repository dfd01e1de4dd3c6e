"""The messages of a ceiling radar, ``{"type": 5, "payload": {...}}``: which type says what depends on the product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.device_clock import SANE_MS
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import alarms_stand, is_call, is_unmapped, said, understood
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, TimeQuality
from anhu.contract.payload import as_object, flagged, json_object, time_ms, unknown_event
from gateway.codec import Frame
from gateway.fall_radar import fall_events, fall_mark

FALL, PRESENCE, BED_EXIT = "fall", "presence", "bed exit"
_MOST_CHARS = 4_096
_KNOWN = frozenset(
    """presenceDetected roomPresenceDetected roomPresenceIndication presenceTargetType timestamp timestampMillis
    timestampStr eventId deviceId extra trackerTargets presenceRegionMap rpmRegionMap statusUpdateTimestamp status type
    endTimestamp isSimulated exitReason isLearning isSilent fallLocX_cm fallLocY_cm fallLocZ_cm tarHeightEst
    idOfTrigger confidenceLevel suspectedEventsCounter lastEventConfidence fallingMitigatorPrediction""".split()  # noqa: SIM905 - a list of names
)


def reader(types: Mapping[int, str]) -> Callable[[Frame], tuple[Observation, ...]]:
    """Return the ``decode`` of a product whose types mean this."""

    def decode(frame: Frame) -> tuple[Observation, ...]:
        """Read an event, or the radar's own state."""
        body = json_object(frame.payload)
        if frame.route.endswith("/state"):
            made: tuple[Observation, ...] = tuple(_state(body, frame.received_at_ms))
        elif frame.route.endswith("/events"):
            made = alarms_stand(tuple(_event(body, types, frame.received_at_ms)))
        else:
            raise DecodeError("topic", frame.route, "/devices/<device>/events or /devices/<device>/state")
        return flagged(made, Quality.RETAINED) if frame.retained else made

    return decode


def marker(types: Mapping[int, str]) -> Callable[[Frame], tuple[str, int] | None]:
    """Return what tells that product's messages apart: the fall and the time of its state."""

    def same(frame: Frame) -> tuple[str, int] | None:
        """Return the fall that a message is of."""
        with suppress(FieldError):
            body = json_object(frame.payload)
            payload = body.get("payload")
            if types.get(_type(body)) == FALL and isinstance(payload, dict):
                return fall_mark(payload)
        return None

    return same


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of an event that nobody mapped."""
    payload = json_object(frame.payload).get("payload")
    if not isinstance(payload, dict):
        return ()
    return tuple(name for name, value in payload.items() if name not in _KNOWN and is_unmapped(name, value))


def _type(body: Mapping[str, object]) -> int:
    value = body.get("type")
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:4])
    return value if type(value) is int else -1


def _event(body: Mapping[str, object], types: Mapping[int, str], at_ms: int) -> Iterator[Observation]:
    payload = as_object(body.get("payload"), "payload")
    meaning = types.get(_type(body))
    if meaning == FALL:
        yield from fall_events(payload, at_ms)
    elif meaning == PRESENCE:
        yield from _presence(payload, at_ms)
    elif meaning == BED_EXIT:
        own_ms, quality = _time(payload, at_ms)
        yield Event("bed", own_ms, "off", {}, quality)
    else:
        status = str(payload.get("status", ""))[:64]
        vendor_type = f"radar event {body.get('type')!r}"[:64] + (f": {status}" if status else "")
        yield unknown_event(vendor_type, at_ms=at_ms, time_quality=TimeQuality.RECEIVED)
    for name, value in payload.items():
        found = understood(name, value, at_ms) if name not in _KNOWN else None
        if found is not None and is_call(found):
            yield msgspec.structs.replace(found, time_quality=TimeQuality.RECEIVED)


def _time(payload: Mapping[str, object], received_at_ms: int) -> tuple[int, TimeQuality]:
    for name in ("timestampMillis", "timestamp"):
        with suppress(FieldError):
            at_ms = time_ms(payload.get(name), name)
            if at_ms <= received_at_ms + SANE_MS:
                return at_ms, TimeQuality.DEVICE
    return received_at_ms, TimeQuality.RECEIVED


def _presence(payload: Mapping[str, object], received_at_ms: int) -> Iterator[Event]:
    at_ms, quality = _time(payload, received_at_ms)
    given = payload.get("presenceDetected", payload.get("roomPresenceDetected"))
    there = said(given).alarm
    if there is None:
        raise DecodeError("payload.presenceDetected", given, "true or false")
    about: dict[str, AttributeValue] = {}
    if regions := _occupied(payload.get("presenceRegionMap")):
        about["regions"] = regions
    yield Event("presence", at_ms, "on" if there else "off", about, quality)


def _occupied(regions: object) -> str:
    """Return which regions somebody is in; the map is sometimes JSON within a text."""
    if isinstance(regions, str) and len(regions) <= _MOST_CHARS:
        with suppress(msgspec.DecodeError, RecursionError):
            regions = msgspec.json.decode(regions)
    if not isinstance(regions, dict):
        return ""
    return " ".join(sorted(str(name)[:16] for name, value in list(regions.items())[:16] if value in (1, "1", True)))


def _state(body: Mapping[str, object], at_ms: int) -> Iterator[Event]:
    """Read the radar's own state: only what is wrong with it is worth telling."""
    status = str(body.get("status", "")).lower()
    if status == "offline":
        yield Event("connection", at_ms, "off", {}, TimeQuality.RECEIVED)
    elif status == "error":
        yield Event("sensor_fault", at_ms, "on", {"reason": "error"}, TimeQuality.RECEIVED)
    for name, value in body.items():
        found = understood(name, value, at_ms) if name != "status" else None
        if found is not None and is_call(found):
            yield msgspec.structs.replace(found, time_quality=TimeQuality.RECEIVED)
