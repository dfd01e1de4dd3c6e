"""A home that Home Assistant gathers: every change of state, with the class of its sensor, from MQTT Eventstream.

Home Assistant's own integration ``mqtt_eventstream`` publishes each event as JSON that explains itself: what changed,
the sensor's ``device_class`` and unit, and when. So nothing must be remembered of what was announced before (MQTT
discovery would need that), and everything that Home Assistant knows comes, whatever it speaks: Aqara, Zigbee, BLE.

The first state after a start (``unknown`` or ``unavailable`` before) is no news, and flagged so; a call is one all the
same, because a sensor may have been asleep until somebody fell. Where a class is ``safety`` or none, the name tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import is_call, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_object, flagged, json_object, time_ms, unknown_event
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec
from gateway.home_sensors import FLAG_CLASSES, NO_VALUE, OF_NO_INTEREST, flag_by_name, number_by_class

_MOST_CHARS = 255
"""Home Assistant's longest state."""
_STATES = {"on": "on", "off": "off"}


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one event of Home Assistant's bus; those that are about the program itself say nothing."""
    event = json_object(frame.payload)
    kind, data = event.get("event_type"), as_object(event.get("event_data"), "event_data")
    if not isinstance(kind, str):
        raise DecodeError("event_type", kind, "a text such as state_changed")
    made = _changed(data, frame) if kind == "state_changed" else _other(kind, data, frame)
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _changed(data: Mapping[str, Any], frame: Frame) -> tuple[Observation, ...]:
    if data.get("new_state") is None:  # the sensor was taken out
        return ()
    new = as_object(data["new_state"], "event_data.new_state")
    entity, state = new.get("entity_id", data.get("entity_id")), new.get("state")
    if not isinstance(entity, str) or "." not in entity or not isinstance(state, str | int | float):
        raise DecodeError("event_data.new_state", new, "entity_id and state")
    source, found = source_name(entity), _read(entity, str(state), new, frame)
    if found is None:
        return _back(data, new, source, frame)
    placed = (msgspec.structs.replace(found, source=source),)
    is_news = (isinstance(found, Event) and is_call(found)) or not _is_first(data)
    return (*(placed if is_news else flagged(placed, Quality.RETAINED)), *_back(data, new, source, frame))


def _back(data: Mapping[str, Any], new: Mapping[str, Any], source: str, frame: Frame) -> tuple[Event, ...]:
    """Return that a sensor is there again whose loss was told."""
    old, about = data.get("old_state"), new.get("attributes")
    was_lost = isinstance(old, dict) and str(old.get("state", "")).lower() == "unavailable"
    if not was_lost or not (isinstance(about, dict) and about.get("device_class")) or _is_lost(new):
        return ()
    at_ms, quality = _time(new, frame.received_at_ms)
    return (Event("connection", at_ms, "on", {}, quality, 0, source),)


def _is_lost(new: Mapping[str, Any]) -> bool:
    return str(new.get("state", "")).lower() == "unavailable"


def _is_first(data: Mapping[str, Any]) -> bool:
    """Tell whether there was no state before: after a start each sensor tells what it is, which is no news."""
    old = data.get("old_state")
    return old is None or (isinstance(old, dict) and str(old.get("state", "")).lower() in NO_VALUE)


def _read(entity: str, state: str, new: Mapping[str, Any], frame: Frame) -> Scalar | Event | None:
    domain, _, name = entity.partition(".")
    given = new.get("attributes")
    about: Mapping[str, Any] = given if isinstance(given, dict) else {}
    told = str(about.get("device_class", ""))
    at_ms, quality = _time(new, frame.received_at_ms)
    if state.lower() in NO_VALUE or len(state) > _MOST_CHARS:
        return _lost(told, state, at_ms, quality)
    if domain == "binary_sensor":
        return _flag(name, told, state, at_ms, quality)
    if domain == "sensor":
        return _number(name, about, state, at_ms, quality)
    if domain == "event":  # a button: its state is when it was pressed, what was pressed is an attribute
        return _pressed(name, str(about.get("event_type", "")), at_ms, quality)
    return None


def _lost(told: str, state: str, at_ms: int, quality: TimeQuality) -> Event | None:
    """Return that a sensor is gone: whoever counts on it must know. One that has told nothing yet says nothing."""
    return Event("connection", at_ms, "off", {}, quality) if state.lower() == "unavailable" and told != "" else None


def _flag(name: str, told: str, state: str, at_ms: int, quality: TimeQuality) -> Event | None:
    if told in OF_NO_INTEREST:
        return None
    if told in FLAG_CLASSES and state in _STATES:
        return Event(FLAG_CLASSES[told], at_ms, state, {}, quality)
    found = flag_by_name(name, state, at_ms, quality)
    if told == "safety" and state == "on" and (found is None or not is_call(found)):
        return unknown_event(name, at_ms=at_ms, time_quality=quality, details={"class": told}, urgent=True)
    return found


def _number(name: str, about: Mapping[str, Any], state: str, at_ms: int, quality: TimeQuality) -> Scalar | Event | None:
    told, unit = str(about.get("device_class", "")), about.get("unit_of_measurement")
    with suppress(FieldError):
        found = number_by_class(told, unit, state, at_ms, quality)
        if found is not None:
            return found
    heard = understood(name, state, at_ms)
    return Event(heard.kind, at_ms, heard.state, heard.attributes, quality) if heard and is_call(heard) else None


def _pressed(name: str, kind: str, at_ms: int, quality: TimeQuality) -> Event | None:
    found = flag_by_name(name, "on", at_ms, quality)
    if found is not None and is_call(found):
        return found
    return unknown_event(f"{name}:{kind}", at_ms=at_ms, time_quality=quality) if kind else None


def _other(kind: str, data: Mapping[str, Any], frame: Frame) -> tuple[Event, ...]:
    """Return a call in an event of another kind: a remote's button that is no sensor (``zha_event``)."""
    if kind in {"call_service", "service_registered", "component_loaded", "time_changed"}:
        return ()
    found = understood(kind, dict(data), frame.received_at_ms)
    if found is None or not is_call(found):
        return ()
    return (msgspec.structs.replace(found, time_quality=TimeQuality.RECEIVED),)


def _time(new: Mapping[str, Any], received_at_ms: int) -> tuple[int, TimeQuality]:
    for field in ("last_updated", "last_changed"):
        if new.get(field) is not None:
            with suppress(FieldError):
                return time_ms(new[field], field), TimeQuality.DEVICE
    return received_at_ms, TimeQuality.RECEIVED


_AT_MS = 1_795_300_000_000
_TOPIC = "anhu/home_assistant/dev-1/events"
_WHEN = '"last_updated":"2026-11-21T22:26:30+00:00"'


def _state_of(entity: str, state: str, attributes: str, old: str = '{"state":"off"}') -> bytes:
    new = f'{{"entity_id":"{entity}","state":"{state}","attributes":{{{attributes}}},{_WHEN}}}'
    data = f'{{"entity_id":"{entity}","old_state":{old},"new_state":{new}}}'
    return f'{{"event_type":"state_changed","event_data":{data}}}'.encode()


def _said(name: str, payload: bytes, *observations: Observation) -> Example:
    return Example(name=name, route=_TOPIC, payload=payload, observations=observations)


def _event(kind: str, state: str, source: str, **about: str | bool) -> Event:
    return Event(kind, _AT_MS - 10_000, state, dict(about), TimeQuality.DEVICE, 0, source)


_MOTION = '"device_class":"motion","friendly_name":"门厅"'
_EXAMPLES = (
    _said(
        "motion",
        _state_of("binary_sensor.hall", "on", _MOTION),
        _event("motion", "on", "binary_sensor.hall"),
    ),
    _said(
        "an open door: here on is open",
        _state_of("binary_sensor.front", "on", '"device_class":"door"'),
        _event("contact", "on", "binary_sensor.front"),
    ),
    _said(
        "smoke",
        _state_of("binary_sensor.kitchen", "on", '"device_class":"smoke"'),
        _event("smoke", "on", "binary_sensor.kitchen"),
    ),
    _said(
        "a fall that a ceiling radar saw; its class is none, its name tells",
        _state_of("binary_sensor.fp2_fall_detected", "on", ""),
        _event("fall", "on", "binary_sensor.fp2_fall_detected"),
    ),
    _said(
        "something unsafe of which nobody knows what",
        _state_of("binary_sensor.bath", "on", '"device_class":"safety"'),
        _event(
            "unknown_vendor_event", "on", "binary_sensor.bath", **{"class": "safety"}, vendor_type="bath", urgent=True
        ),
    ),
    _said(
        "temperature in Fahrenheit",
        _state_of("sensor.bed_room", "68", '"device_class":"temperature","unit_of_measurement":"°F"'),
        Scalar("room_temperature", 68 / 1.8 - 32 / 1.8, _AT_MS - 10_000, source="sensor.bed_room"),
    ),
    _said(
        "a button's press",
        _state_of("event.sos_button", "2026-11-21T22:26:30+00:00", '"event_type":"single"'),
        _event("sos", "on", "event.sos_button"),
    ),
    _said(
        "a sensor that is gone",
        _state_of("binary_sensor.hall", "unavailable", _MOTION),
        _event("connection", "off", "binary_sensor.hall"),
    ),
    _said(
        "the first state of a sensor that is back is no news; that it is back is",
        _state_of("binary_sensor.front", "on", '"device_class":"door"', '{"state":"unavailable"}'),
        *flagged((_event("contact", "on", "binary_sensor.front"),), Quality.RETAINED),
        _event("connection", "on", "binary_sensor.front"),
    ),
    _said(
        "a sensor is back of a class that says nothing of the home",
        _state_of("sensor.lux", "40", '"device_class":"illuminance"', '{"state":"unavailable"}'),
        _event("connection", "on", "sensor.lux"),
    ),
    _said("a light", _state_of("light.hall", "on", "")),
    _said(
        "a sensor taken out", b'{"event_type":"state_changed","event_data":{"entity_id":"sensor.x","new_state":null}}'
    ),
    _said(
        "a remote's button that is no sensor",
        b'{"event_type":"zha_event","event_data":{"device_ieee":"00:11","command":"emergency"}}',
        unknown_event(
            "command",
            at_ms=_AT_MS,
            time_quality=TimeQuality.RECEIVED,
            details={"value": "emergency"},
        ),
    ),
    _said(
        "smoke from a detector that was not heard before",
        _state_of("binary_sensor.kitchen", "on", '"device_class":"smoke"', "null"),
        _event("smoke", "on", "binary_sensor.kitchen"),
    ),
    _said("the program about itself", b'{"event_type":"component_loaded","event_data":{"component":"mqtt"}}'),
    Example(name="no event", route=_TOPIC, payload=b'{"state":"on"}', error="event_data: got None"),
)

CODEC = Codec(
    name="home_assistant",
    title="A home gathered by Home Assistant (MQTT Eventstream)",
    data_sheet="https://www.home-assistant.io/integrations/mqtt_eventstream/, device classes of its sensors",
    mqtt=MqttSpec(publish=("anhu/home_assistant/{device_id}/events",)),
    decode=decode,
    examples=_EXAMPLES,
)
