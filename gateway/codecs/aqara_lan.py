"""A home's Aqara or Xiaomi sensors behind their gateway's LAN protocol, handed on by a bridge as it was multicast.

Version 1 puts JSON within JSON (``data`` is a text), version 2 a list (``params``). The traps: motion is told once a
minute at most and never ends; a vibration sensor's ``free_fall`` is the sensor's, not a person's; an alarm of 2 is the
test button; below 2.8 V the battery is low; 10000 is no temperature; the gateway's ``token`` is half a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import alarms_stand, is_call, is_unmapped, understood
from anhu.contract.mending import as_json, mended
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_list, flagged, json_object, number, unknown_event
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec

_TOLD = frozenset({"report", "heartbeat", "read_ack", "read_rsp"})
_LOW_MV = 2_800.0
_NO_TEMPERATURE = 10_000.0
_MOST_PARAMS = 64
_CONTACTS = {"open": "on", "close": "off", "closed": "off"}
_LEAKS = {"leak": "on", "no_leak": "off", "normal": "off"}
_TEST_BUTTON = 2
_BITS_OF_A_FAULT = 8 | 64 | 32_768
_PRESSED = frozenset({"click", "double_click", "long_click", "long_click_press", "shake"})
_RELEASED = frozenset({"long_click_release", "unknown"})
_KNOWN = frozenset(
    {"status", "window_status", "motion_status", "wleak_status", "no_motion", "no_close", "alarm", "density"}
    | {"voltage", "battery_voltage", "temperature", "humidity", "pressure", "lux", "illumination", "button_0"}
    | {"channel_0", "channel_1", "ip", "proto_version", "rgb", "load_power", "energy_consumed", "power_consumed"}
)


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a report or heartbeat of one sensor; what else the gateway says is between it and its programs."""
    body = json_object(frame.payload)
    command = body.get("cmd")
    if not isinstance(command, str):
        raise DecodeError("cmd", command, "report, heartbeat or read_ack")
    if command not in _TOLD:
        return ()
    model = str(body.get("model", "")).lower()
    name = body.get("sid")
    if not isinstance(name, str) or not name:
        raise DecodeError("sid", name, "the sensor's identity")
    source = "" if model.startswith(("gateway", "acpartner")) else source_name(name)
    fields = _fields(body)
    if command == "read_ack" and "error" in fields:
        return ()
    at_ms = frame.received_at_ms
    made = alarms_stand(tuple(_said(model, fields, at_ms)))
    made = tuple(msgspec.structs.replace(one, time_quality=TimeQuality.RECEIVED, source=source) for one in made)
    return flagged(made, Quality.RETAINED) if frame.retained else made


def salvage(frame: Frame) -> tuple[Observation, ...]:
    """Read a report whose inner JSON is broken as far as it goes."""
    body = json_object(frame.payload)
    data = body.get("data")
    inner = mended(data.replace("\\", "").encode("utf-8", "replace")).objects if isinstance(data, str) else ()
    if not inner:
        return ()
    return decode(msgspec.structs.replace(frame, payload=as_json({**body, "data": inner[0]})))


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of a report that nobody mapped."""
    body = json_object(frame.payload)
    if str(body.get("cmd")) not in _TOLD:
        return ()
    return tuple(name for name, value in _fields(body).items() if name not in _KNOWN and is_unmapped(name, value))


def _fields(body: Mapping[str, object]) -> dict[str, object]:
    if "params" in body:
        params = as_list(body["params"], "params", at_most=_MOST_PARAMS)
        return {str(name): value for one in params if isinstance(one, dict) for name, value in one.items()}
    data = body.get("data")
    if isinstance(data, str):
        return json_object(data.encode("utf-8", "replace"))
    if isinstance(data, dict):
        return data
    raise DecodeError("data", data, "the sensor's fields, as JSON within a text")


def _said(model: str, fields: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    for name, value in fields.items():
        try:
            yield from _one(model, name, value, at_ms)
        except FieldError:  # one unreadable field must not cost the others
            yield unknown_event(name, at_ms=at_ms, details={"value": value})


def _one(model: str, name: str, value: object, at_ms: int) -> Iterator[Observation]:
    if name in ("status", "window_status", "motion_status", "wleak_status", "button_0"):
        yield from _status(model, str(value).strip().lower(), at_ms)
    elif name == "no_motion":
        yield Event("motion", at_ms, "off")
    elif name == "no_close":
        yield Event("contact", at_ms, "on")
    elif name == "alarm":
        yield from _alarm(model, value, at_ms)
    elif name in ("voltage", "battery_voltage"):
        yield Event("battery_low", at_ms, "on" if number(value, name) < _LOW_MV else "off")
    elif name in ("temperature", "humidity"):
        raw = number(value, name)
        if raw not in (_NO_TEMPERATURE, 0.0) or (name == "temperature" and raw == 0):
            yield Scalar(f"room_{name}", raw / 100, at_ms)
    elif name not in _KNOWN:
        found = understood(name, value, at_ms)
        if found is not None and is_call(found):
            yield found


def _status(model: str, word: str, at_ms: int) -> Iterator[Event]:
    about: dict[str, AttributeValue] = {}
    if word in ("", *_RELEASED):
        return
    if "motion" in model and word == "motion":
        yield Event("motion", at_ms)
    elif "magnet" in model and word in _CONTACTS:
        yield Event("contact", at_ms, _CONTACTS[word])
    elif "wleak" in model and word in _LEAKS:
        yield Event("water_leak", at_ms, _LEAKS[word])
    elif "vibration" in model:
        about["movement"] = word[:32]
        yield Event("vibration", at_ms, "on", about)
    elif model == "switch" or model.startswith(("sensor_switch", "remote.b1")) or (word in _PRESSED and not model):
        about["press"] = word[:32]
        yield Event("sos", at_ms, "on", about)
    elif "cube" in model or word in _PRESSED:  # a cube, a wall switch: kept until somebody maps it
        yield unknown_event(f"{model} {word}"[:64], at_ms=at_ms, urgent=False)
    else:
        found = understood("status", word, at_ms)
        if found is not None or model.startswith(
            ("motion", "sensor_motion", "magnet", "sensor_magnet", "sensor_wleak")
        ):
            yield found or unknown_event("status", at_ms=at_ms, details={"value": word})


def _alarm(model: str, value: object, at_ms: int) -> Iterator[Event]:
    """Read a detector's alarm: 1 is one, 2 its test button, 0 the end; the rest says what is broken."""
    code = int(number(value, "alarm"))
    kind = "smoke" if "smoke" in model else "gas" if "natgas" in model else ""
    if not kind:
        found = understood("alarm", value, at_ms)
        if found is not None:
            yield found
    elif code in (0, 1):
        yield Event(kind, at_ms, "on" if code else "off")
    elif code == _TEST_BUTTON:
        yield unknown_event(f"{kind} detector: test", at_ms=at_ms, state="off", urgent=False)
    elif code & _BITS_OF_A_FAULT:
        yield Event("sensor_fault", at_ms, "on", {"reason": f"alarm_{code}"})
    else:
        yield unknown_event(f"{kind} alarm {code}", at_ms=at_ms, urgent=True)


_AT_MS = 1_795_300_000_000
_ROUTE = "anhu/aqara_lan/dev-1/up"
_RECEIVED = TimeQuality.RECEIVED


def _example(name: str, payload: str, *observations: Observation) -> Example:
    return Example(name=name, route=_ROUTE, payload=payload.encode(), observations=observations)


def _seen(kind: str, state: str = "on", **attributes: str | float | bool) -> Event:
    return Event(kind, _AT_MS, state, dict(attributes), _RECEIVED, 0, "112316")


def _v1(model: str, data: str, cmd: str = "report") -> str:
    inner = data.replace('"', '\\"')
    return f'{{"cmd":"{cmd}","model":"{model}","sid":"112316","short_id":4343,"data":"{inner}"}}'


_EXAMPLES = (
    _example("motion", _v1("motion", '{"status":"motion"}'), _seen("motion")),
    _example("nobody has moved for two minutes", _v1("motion", '{"no_motion":"120"}'), _seen("motion", "off")),
    _example(
        "door open, battery low",
        _v1("magnet", '{"voltage":2765,"status":"open"}', "heartbeat"),
        _seen("battery_low"),
        _seen("contact"),
    ),
    _example("water", _v1("sensor_wleak.aq1", '{"status":"leak"}'), _seen("water_leak")),
    _example("smoke", _v1("smoke", '{"alarm":"1"}'), _seen("smoke")),
    _example(
        "the smoke detector's test button",
        _v1("smoke", '{"alarm":"2"}'),
        _seen("unknown_vendor_event", "off", vendor_type="smoke detector: test"),
    ),
    _example("gas is over", _v1("natgas", '{"alarm":"0"}'), _seen("gas", "off")),
    _example("broken detector", _v1("smoke", '{"alarm":"64"}'), _seen("sensor_fault", reason="alarm_64")),
    _example("button", _v1("switch", '{"status":"click"}'), _seen("sos", press="click")),
    _example("button let go", _v1("switch", '{"status":"long_click_release"}')),
    _example(
        "a vibration sensor that fell: not a person",
        _v1("vibration", '{"status":"free_fall"}'),
        _seen("vibration", movement="free_fall"),
    ),
    _example(
        "climate, version 2",
        '{"cmd":"heartbeat","model":"weather","sid":"112316","params":[{"battery_voltage":3000},{"temperature":2333},'
        '{"humidity":6678},{"pressure":99900}]}',
        _seen("battery_low", "off"),
        Scalar("room_temperature", 23.33, _AT_MS, _RECEIVED, source="112316"),
        Scalar("room_humidity", 66.78, _AT_MS, _RECEIVED, source="112316"),
    ),
    _example("no climate", _v1("sensor_ht", '{"temperature":"10000","humidity":"0"}')),
    _example(
        "button, version 2",
        '{"cmd":"report","model":"sensor_switch.aq3","sid":"112316","params":[{"button_0":"double_click"}]}',
        _seen("sos", press="double_click"),
    ),
    _example(
        "the gateway's heartbeat",
        '{"cmd":"heartbeat","model":"gateway","sid":"f0b429b3c9d9","token":"1234567890abcdef","data":"{\\"ip\\":\\"1.2.3.4\\"}"}',
    ),
    _example("a program's question", '{"cmd":"whois"}'),
    Example(name="no command", route=_ROUTE, payload=b'{"model":"motion"}', error="cmd: got None"),
    Example(name="no fields", route=_ROUTE, payload=b'{"cmd":"report","sid":"1"}', error="data: got None"),
    Example(name="not JSON", route=_ROUTE, payload=b"motion", error="expected a JSON object"),
)

CODEC = Codec(
    name="aqara_lan",
    title="Aqara / Xiaomi gateway's LAN protocol over a bridge",
    data_sheet="https://github.com/lumi-openlcoud/opencloud-docs/blob/master/zh/development/gateway-LAN-communication.md",
    mqtt=MqttSpec(publish=("anhu/aqara_lan/{device_id}/up",)),
    decode=decode,
    salvage=salvage,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
