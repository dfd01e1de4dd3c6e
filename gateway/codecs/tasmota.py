"""Plugs, switches and sensors on Tasmota: telemetry as JSON by ``tele/…``, what just happened by ``stat/…``.

``tele/<device>/SENSOR`` carries a sensor of each kind under its chip's name; one that lost its chip says ``null``. Its
``Time`` is local and names no zone, so the received time is used. ``Switch1`` may be a door, a button or a mat: it is a
switch, and named, and its kind must be mapped where it matters. ``LWT`` says Online and Offline, and is retained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from anhu.contract.encodings import as_text
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import alarms_stand, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, json_object, number, unknown_event
from anhu.contract.units import convert
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec

_RECEIVED = TimeQuality.RECEIVED
_LEVELS = 3
_MOST_SENSORS = 64
_OF_A_HOME = "anhu/tasmota/{device_id}/"
_THERE = {"online": "on", "offline": "off"}
_SAYS = frozenset({"SENSOR", "STATE", "RESULT", "LWT"})
_NUMBERS: Mapping[str, str] = {"Temperature": "room_temperature", "Humidity": "room_humidity"}
_BY_RADIO: Mapping[str, str] = {**_NUMBERS, "BatteryPercentage": "battery"}
_OF_THE_RADIO = frozenset({"Device", "Name", "Endpoint", "LinkQuality", "Group", "IEEEAddr"})
_OF_THE_PLUG = frozenset({"ENERGY", "ESP32", "ANALOG", "Wifi", "BH1750", "TempUnit", "PressureUnit", "Time"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read telemetry, what just happened, or whether the device is there."""
    if frame.route.startswith("tasmota/discovery/"):
        return ()
    name, says = _place(frame)
    if says not in _SAYS or not frame.payload:
        return ()
    made = (_availability(frame, name),) if says == "LWT" else alarms_stand(tuple(_read(frame, name)))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _place(frame: Frame) -> tuple[str, str]:
    """Return the name of the sender, where several of a home come through one device, and what it says."""
    home = _OF_A_HOME.replace("{device_id}", frame.device_id)
    levels = frame.route.removeprefix(home).split("/")
    is_own = len(levels) == _LEVELS and (levels[1] == frame.device_id or frame.route.startswith(home))
    if not is_own or levels[0] not in {"tele", "stat"}:
        raise DecodeError("topic", frame.route, "tele/<device>/SENSOR or stat/<device>/RESULT")
    return ("" if levels[1] == frame.device_id else levels[1]), levels[2]


def _availability(frame: Frame, name: str) -> Event:
    word = as_text(frame.payload).strip()
    if word.lower() not in _THERE:
        raise DecodeError("LWT", word[:80], "Online or Offline")
    return Event("connection", frame.received_at_ms, _THERE[word.lower()], {}, _RECEIVED, 0, source_name(name))


def _read(frame: Frame, name: str) -> Iterator[Observation]:
    told = json_object(frame.payload)
    unit = "[degF]" if told.get("TempUnit") == "F" else "Cel"
    for field, value in told.items():
        if field == "ZbReceived" and isinstance(value, dict):
            for address, sensor in list(value.items())[:_MOST_SENSORS]:
                if isinstance(sensor, dict):
                    source = str(sensor.get("Name") or address)
                    yield from _behind(_by_radio(sensor, frame.received_at_ms), f"{name}/{source}".lstrip("/"))
        elif field not in _OF_THE_PLUG:
            yield from _behind(_field(field, value, unit, frame.received_at_ms), name)


def _behind(found: Iterator[Scalar | Event], source: str) -> Iterator[Observation]:
    for one in found:
        yield msgspec.structs.replace(one, time_quality=_RECEIVED, source=source_name(source))


def _field(field: str, value: Any, unit: str, at_ms: int) -> Iterator[Scalar | Event]:  # noqa: ANN401 - a vendor's
    if value is None:
        return
    if field.startswith(("POWER", "Switch")):
        yield from _switched(field, value, at_ms)
    elif isinstance(value, dict) and value.keys() & _NUMBERS.keys():
        for inner, one in value.items():
            yield from _number(inner, one, unit, at_ms, _NUMBERS)
    elif field.startswith("Button"):
        yield unknown_event(f"{field}:{_action(value)}", at_ms=at_ms)
    elif (found := understood(field, value, at_ms)) is not None:
        yield found


def _action(value: object) -> object:
    return value.get("Action") if isinstance(value, dict) else value


def _switched(field: str, value: object, at_ms: int) -> Iterator[Event]:
    """Yield a switch by its name; TOGGLE and HOLD say nothing of a state and must be mapped."""
    action = str(_action(value)).upper()
    if action in {"ON", "OFF"}:
        yield Event("switch", at_ms, action.lower(), {"name": field})
    else:
        yield unknown_event(f"{field}:{action}"[:200], at_ms=at_ms)


def _number(field: str, value: object, unit: str, at_ms: int, known: Mapping[str, str]) -> Iterator[Scalar | Event]:
    if field not in known or value is None:
        return
    try:
        found = number(value, field)
        is_warmth = known[field] == "room_temperature"
        yield Scalar(known[field], convert(found, unit, "Cel") if is_warmth else found, at_ms)
    except FieldError:
        yield unknown_event(field, at_ms=at_ms, details={"value": value})


def _by_radio(sensor: Mapping[str, Any], at_ms: int) -> Iterator[Scalar | Event]:
    """Yield what one Zigbee sensor says through a bridge on Tasmota."""
    for field, value in sensor.items():
        if field in _OF_THE_RADIO:
            continue
        if field in _BY_RADIO:
            yield from _number(field, value, "Cel", at_ms, _BY_RADIO)
        elif field == "Occupancy" and value in (0, 1):
            yield Event("motion", at_ms, "on" if value else "off")
        elif (found := understood(field, value, at_ms)) is not None:
            yield found


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return what a Zigbee sensor behind it says that nobody mapped: what its zone means is of each model its own."""
    if frame.route.startswith("tasmota/discovery/") or _place(frame)[1] != "SENSOR":
        return ()
    sensors = json_object(frame.payload).get("ZbReceived")
    found = [one for one in sensors.values() if isinstance(one, dict)] if isinstance(sensors, dict) else []
    known = _BY_RADIO.keys() | _OF_THE_RADIO | {"Occupancy"}
    return tuple(dict.fromkeys(f"ZbReceived.{field}" for one in found for field in one if field not in known))


_AT_MS = 1_795_300_000_000
_TIME = b'{"Time":"2026-11-22T06:26:40",'


def _said(name: str, topic: str, payload: bytes, *observations: Observation, retained: bool = False) -> Example:
    return Example(name=name, route=topic, payload=payload, observations=observations, retained=retained)


def _event(kind: str, state: str, source: str = "", **about: str | bool) -> Event:
    return Event(kind, _AT_MS, state, dict(about), _RECEIVED, 0, source)


def _scalar(quantity: str, value: float, source: str = "") -> Scalar:
    return Scalar(quantity, value, _AT_MS, _RECEIVED, source=source)


_SENSOR = "tele/dev-1/SENSOR"
_EXAMPLES = (
    _said("a switch", _SENSOR, _TIME + b'"Switch1":"ON"}', _event("switch", "on", name="Switch1")),
    _said(
        "temperature and humidity",
        _SENSOR,
        _TIME + b'"DHT11":{"Temperature":21.5,"Humidity":48.0,"DewPoint":10.1},"TempUnit":"C"}',
        _scalar("room_temperature", 21.5),
        _scalar("room_humidity", 48.0),
    ),
    _said(
        "Fahrenheit",
        _SENSOR,
        _TIME + b'"DS18B20":{"Id":"01","Temperature":68},"TempUnit":"F"}',
        _scalar("room_temperature", 68 / 1.8 - 32 / 1.8),
    ),
    _said("a chip that is lost", _SENSOR, _TIME + b'"DHT11":{"Temperature":null,"Humidity":null},"TempUnit":"C"}'),
    _said("power was switched", "stat/dev-1/RESULT", b'{"POWER":"OFF"}', _event("switch", "off", name="POWER")),
    _said(
        "a switch of newer firmware",
        "stat/dev-1/RESULT",
        b'{"Switch1":{"Action":"ON"}}',
        _event("switch", "on", name="Switch1"),
    ),
    _said(
        "a button that nobody mapped",
        "stat/dev-1/RESULT",
        b'{"Button1":{"Action":"SINGLE"}}',
        _event("unknown_vendor_event", "on", vendor_type="Button1:SINGLE"),
    ),
    _said(
        "a Zigbee sensor behind it",
        _SENSOR,
        b'{"ZbReceived":{"0x4AC1":{"Device":"0x4AC1","Name":"hall","Occupancy":1,"BatteryPercentage":88,"LinkQuality":60}}}',
        _event("motion", "on", "hall"),
        _scalar("battery", 88.0, "hall"),
    ),
    _said(
        "an alarm in words",
        _SENSOR,
        b'{"ZbReceived":{"0x4AC2":{"Device":"0x4AC2","Smoke":1}}}',
        _event("smoke", "on", "0x4AC2"),
    ),
    _said("it is there", "tele/dev-1/LWT", b"Online", _event("connection", "on")),
    _said(
        "it is gone: a retained will",
        "tele/dev-1/LWT",
        b"Offline",
        *flagged((_event("connection", "off"),), Quality.RETAINED),
        retained=True,
    ),
    _said(
        "the plug about itself",
        "tele/dev-1/STATE",
        b'{"Time":"2026-11-22T06:26:40","Uptime":"0T00:10:11","POWER":"ON"}',
        _event("switch", "on", name="POWER"),
    ),
    _said("what it announces", "tasmota/discovery/A0B1C2D3E4F5/config", b'{"ip":"192.0.2.1"}'),
    _said(
        "one of several behind a home's broker",
        "anhu/tasmota/dev-1/tele/bath/SENSOR",
        _TIME + b'"AM2301":{"Temperature":25,"Humidity":90}}',
        _scalar("room_temperature", 25.0, "bath"),
        _scalar("room_humidity", 90.0, "bath"),
    ),
    Example(name="another device's topic", route="tele/dev-2/SENSOR", payload=b"{}", error="topic: got"),
    Example(name="no JSON", route=_SENSOR, payload=b"ON", error="expected a JSON object"),
)

CODEC = Codec(
    name="tasmota",
    title="Plugs, switches and sensors on Tasmota",
    data_sheet="https://tasmota.github.io/docs/MQTT/: tele and stat, LWT; ZbReceived of Zigbee2Tasmota",
    mqtt=MqttSpec(
        publish=("tele/{device_id}/+", "stat/{device_id}/+", "anhu/tasmota/{device_id}/#", "tasmota/discovery/#")
    ),
    decode=decode,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
