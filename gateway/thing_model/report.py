"""What a report of a thing model says: properties that may each have a time, and events with what they put out.

A property is bare (``"temperature":25.5``) or has a time (``{"value":25.5,"time":1524448722000}``), and may be a
structure of others. An event is one by its name: whatever nobody mapped is kept as ``unknown_vendor_event``, none is
ever dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import alarms_stand, is_call, is_unmapped, said, understood
from anhu.contract.observation import Event, Observation, Quality, TimeQuality
from anhu.contract.payload import as_object, flagged, number, time_ms, unknown_event
from gateway.codec import Frame
from gateway.thing_model import names
from gateway.thing_model.properties import on_the_body, property_said, speaks_of_a_body

MOST_PROPERTIES = 500
MOST_SUB_DEVICES = 100
_STATES = ("value", "state", "status", "alarm")
_LATITUDE, _LONGITUDE = ("latitude", "lat", "纬度"), ("longitude", "lon", "lng", "经度")
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180


class Moment(NamedTuple):
    """When something was observed, and how we know."""

    at_ms: int
    quality: TimeQuality


def moment(time: object, otherwise: Moment) -> Moment:
    """Return the time that is given: seconds or finer, also as a text; a wrong clock must not cost an alarm."""
    try:
        return Moment(time_ms(time, "time"), TimeQuality.DEVICE) if time else otherwise
    except FieldError:
        return otherwise


def arrival(frame: Frame) -> Moment:
    """Return when it came, for what says no time."""
    return Moment(frame.received_at_ms, TimeQuality.RECEIVED)


def properties_said(properties: Mapping[str, object], sent: Moment, source: str = "") -> Iterator[Observation]:
    """Yield what properties say, each at its own time where it has one."""
    pairs = list(islice(_spread(properties, sent), MOST_PROPERTIES))
    worn = any(speaks_of_a_body(name) for name, _, _ in pairs)
    for name, value, at in pairs:
        found = _position(value, at.at_ms) or property_said(on_the_body(name) if worn else name, value, at.at_ms)
        if found is not None:
            yield msgspec.structs.replace(found, time_quality=at.quality, source=source_name(source))


def event_said(identifier: str, outputs: object, at: Moment, source: str = "") -> Iterator[Observation]:
    """Yield an event and what it puts out; never nothing."""
    name, given = _own_name(identifier), outputs if isinstance(outputs, dict) else {"value": outputs}
    key = next((k for k in (*_STATES, name) if said(given.get(k)).alarm is not None), "")
    own = understood(name, given.get(key, True), at.at_ms)
    if own is not None and own.kind == "unknown_vendor_event":
        own = None
    rest = {k: v for k, v in given.items() if k != key}
    found = list(properties_said(rest, at, source))
    if own is None and not any(isinstance(one, Event) and is_call(one) for one in found):
        own = unknown_event(name, at_ms=at.at_ms, details={"value": outputs} if outputs else None)
    if own is not None:
        place = _position(given, at.at_ms)
        if place is not None and is_call(own):
            own = msgspec.structs.replace(own, attributes={**own.attributes, **place.attributes})
        yield msgspec.structs.replace(own, time_quality=at.quality, source=source_name(source))
    yield from found


def whole(made: Iterator[Observation], frame: Frame, body: object, field: str) -> tuple[Observation, ...]:
    """Return what a report said. Raises `DecodeError` for one of which nothing is mapped."""
    found = alarms_stand(tuple(made))
    if not found and body:
        raise DecodeError(field, body, "at least one property or event that is mapped")
    return flagged(found, Quality.RETAINED) if frame.retained else found


def unmapped_of(properties: object) -> tuple[str, ...]:
    """Return the properties that nobody mapped."""
    if not isinstance(properties, dict):
        return ()
    start = Moment(0, TimeQuality.RECEIVED)
    pairs = islice(_spread(properties, start), MOST_PROPERTIES)
    return tuple(name for name, value, _ in pairs if _is_unmapped(name, value))


def _is_unmapped(name: str, value: object) -> bool:
    plain = names.plain(name)
    return plain not in names.NUMBER_OF and plain not in names.EVENT_OF and is_unmapped(name, value)


def _spread(properties: Mapping[str, object], sent: Moment) -> Iterator[tuple[str, object, Moment]]:
    """Yield name, value and time of each property; those of a structure one by one, under their own names."""
    for key, given in properties.items():
        value, at = given, sent
        if isinstance(given, dict) and "value" in given:
            value, at = given["value"], moment(given.get("time"), sent)
        if isinstance(value, dict) and value and _position(value, 0) is None and not _is_one(key, value):
            yield from ((_own_name(inner), one, at) for inner, one in value.items())
        else:
            yield _own_name(key), value, at


def _is_one(name: str, value: Mapping[str, object]) -> bool:
    """Tell whether a structure as a whole is an alarm: ``"sos":{"state":"on"}``."""
    return understood(_own_name(name), value, 0) is not None


def _own_name(key: str) -> str:
    """Return a name without the module that it belongs to: ``myBlock:lightSwitch``."""
    return key.rpartition(":")[2] or key


def _position(value: object, at_ms: int) -> Event | None:
    if not isinstance(value, dict):
        return None
    plain = {names.plain(key): one for key, one in islice(value.items(), MOST_PROPERTIES)}
    try:
        latitude = number(next((plain[k] for k in _LATITUDE if k in plain), None), "latitude")
        longitude = number(next((plain[k] for k in _LONGITUDE if k in plain), None), "longitude")
    except FieldError:
        return None
    if abs(latitude) > _MOST_LATITUDE or abs(longitude) > _MOST_LONGITUDE or not (latitude or longitude):
        return None
    return Event("position", at_ms, "on", {"latitude_deg": latitude, "longitude_deg": longitude})


def identity_of(pack: Mapping[str, object], field: str) -> str:
    """Return the name of the device behind a gateway that a part of a pack is of."""
    found = as_object(pack.get("identity"), f"{field}.identity")
    name = found.get("deviceName")
    if not isinstance(name, str) or not name:
        raise DecodeError(f"{field}.identity.deviceName", name, "the device's name")
    return name
