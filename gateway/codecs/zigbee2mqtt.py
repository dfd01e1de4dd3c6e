"""A home's Zigbee sensors behind a Zigbee2MQTT coordinator.

Each sensor publishes its whole state as JSON to ``<base>/<friendly name>``; the friendly name becomes the observation's
``source``. The traps: ``contact: true`` means closed; an empty ``action`` follows every real one and means nothing; a
Heiman HS1EB keeps ``sos: true`` for ever, so an SOS is a message, never a change of state (the alert's rule drops
repeats within 30 s); a retained copy is state, never news (`Quality.RETAINED`). A boolean, an action or an alarm text
that nobody mapped is kept as ``unknown_vendor_event``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, is_urgent, json_object, number, time_ms, truth, unknown_event
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec

_BASES = ("anhu/zigbee2mqtt/{device_id}/", "zigbee2mqtt/")

# Field of the state: (event, whether true means off).
_FLAGS: Mapping[str, tuple[str, bool]] = {
    "occupancy": ("motion", False),
    "presence": ("presence", False),
    "contact": ("contact", True),
    "water_leak": ("water_leak", False),
    "smoke": ("smoke", False),
    "gas": ("gas", False),
    "carbon_monoxide": ("carbon_monoxide", False),
    "vibration": ("vibration", False),
    "tamper": ("tamper", False),
    "battery_low": ("battery_low", False),
    "fault": ("sensor_fault", False),
    "trouble": ("sensor_fault", False),
}
_NUMBERS: Mapping[str, str] = {"temperature": "room_temperature", "humidity": "room_humidity", "battery": "battery"}
_SOS_ACTIONS = frozenset({"emergency", "sos", "panic"})
_FALLS: Mapping[str, tuple[str, str]] = {
    "fall": ("fall", "on"),
    "maybe_fall": ("fall_suspected", "on"),
    "none": ("fall_suspected", "off"),
}
# How a sensor is set up, not what it saw: true, false or a text here is no event.
_SETTING_ENDINGS = (
    "_switch",
    "_sensitivity",
    "_volume",
    "_mode",
    "_ringtone",
    "_melody",
    "_time",
    "_enable",
    "_enabled",
)
_SETTINGS = frozenset(
    {"child_lock", "led_indication", "indicator", "do_not_disturb", "auto_relock", "power_outage_memory"}
)


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a sensor's state or its availability; the coordinator's own ``bridge/…`` topics say nothing of a home."""
    name = _friendly_name(frame)
    if name.startswith("bridge/") or name.endswith(("/set", "/get")):
        return ()
    if name.endswith("/availability"):
        made: tuple[Observation, ...] = (_availability(frame, name.removesuffix("/availability")),)
    else:
        made = tuple(_state(frame, name))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _friendly_name(frame: Frame) -> str:
    for base in _BASES:
        prefix = base.replace("{device_id}", frame.device_id)
        if frame.route.startswith(prefix) and len(frame.route) > len(prefix):
            return frame.route[len(prefix) :]
    raise DecodeError("topic", frame.route, "zigbee2mqtt/<friendly name>")


def _availability(frame: Frame, name: str) -> Event:
    text: object = frame.payload.decode("utf-8", "replace").strip()
    if isinstance(text, str) and text.startswith("{"):
        text = json_object(frame.payload).get("state")
    if text not in ("online", "offline"):
        raise DecodeError("availability", text, 'online, offline, or {"state":"online"}')
    state = "on" if text == "online" else "off"
    return Event("connection", frame.received_at_ms, state, {}, TimeQuality.RECEIVED, 0, name)


def _state(frame: Frame, name: str) -> Iterator[Observation]:
    said = json_object(frame.payload)
    at_ms, quality = _last_seen(said.get("last_seen"), frame.received_at_ms)
    for field, value in said.items():
        try:
            found = _measured(field, value, at_ms) if field in _NUMBERS else _happening(field, value, at_ms)
        except FieldError:  # one unreadable field must not cost the message's other fields: it may hold an SOS
            found = unknown_event(field, at_ms=at_ms, details={"value": value})
        if found is not None:
            yield msgspec.structs.replace(found, time_quality=quality, source=name)


def _last_seen(value: object, received_at_ms: int) -> tuple[int, TimeQuality]:
    """Return the coordinator's time; where it sends none, or a wrong one, the received time: an alarm must not wait."""
    if value is not None:
        with suppress(FieldError):
            return time_ms(value, "last_seen"), TimeQuality.DEVICE
    return received_at_ms, TimeQuality.RECEIVED


def _measured(field: str, value: object, at_ms: int) -> Scalar | None:
    return None if value is None else Scalar(_NUMBERS[field], number(value, field), at_ms)


def _happening(field: str, value: object, at_ms: int) -> Event | None:
    if field in _FLAGS:
        return _flag(field, value, at_ms)
    if field == "sos":
        return Event("sos", at_ms) if truth(value) else None
    if field == "action":
        return _action(value, at_ms)
    if field == "fall_down_status" and str(value) in _FALLS:
        kind, state = _FALLS[str(value)]
        return Event(kind, at_ms, state)
    if field == "state" and value in ("ON", "OFF"):
        return Event("switch", at_ms, str(value).lower())
    return _unmapped(field, value, at_ms)


def _flag(field: str, value: object, at_ms: int) -> Event | None:
    if value is None:  # after a restart the coordinator knows no state yet
        return None
    said = truth(value)
    if said is None:
        raise DecodeError(field, value, "true or false")
    kind, inverted = _FLAGS[field]
    return Event(kind, at_ms, "on" if said is not inverted else "off")


def _action(value: object, at_ms: int) -> Event | None:
    if not isinstance(value, str) or not value:
        return None
    if value.lower() in _SOS_ACTIONS:
        return Event("sos", at_ms, "on", {"vendor_type": f"action:{value}"})
    return unknown_event(f"action:{value}", at_ms=at_ms)


def _unmapped(field: str, value: object, at_ms: int) -> Event | None:
    if field in _SETTINGS or field.endswith(_SETTING_ENDINGS):
        return None
    if isinstance(value, bool):
        return unknown_event(field, at_ms=at_ms, state="on" if value else "off")
    if isinstance(value, str) and is_urgent(field):
        state = "off" if truth(value) is False else "on"
        return unknown_event(field, at_ms=at_ms, state=state, details={"value": value})
    return None


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED


def _seen(kind: str, state: str = "on", **attributes: str | float | bool) -> Event:
    return Event(kind, _AT_MS, state, dict(attributes), _RECEIVED, 0, "hall")


def _example(name: str, payload: bytes, *observations: Observation) -> Example:
    return Example(name=name, route="zigbee2mqtt/hall", payload=payload, observations=observations)


_EXAMPLES = (
    _example("motion", b'{"occupancy":true}', _seen("motion")),
    _example("no motion after the sensor's own time-out", b'{"occupancy":false}', _seen("motion", "off")),
    _example("contact true means closed", b'{"contact":true}', _seen("contact", "off")),
    _example("contact false means open", b'{"contact":false}', _seen("contact")),
    _example(
        "leak, with its battery and its lid",
        b'{"water_leak":true,"battery_low":false,"tamper":false}',
        _seen("water_leak"),
        _seen("battery_low", "off"),
        _seen("tamper", "off"),
    ),
    _example("smoke", b'{"smoke":true}', _seen("smoke")),
    _example("gas", b'{"gas":true}', _seen("gas")),
    _example("carbon monoxide", b'{"carbon_monoxide":true}', _seen("carbon_monoxide")),
    _example("vibration", b'{"vibration":true}', _seen("vibration")),
    _example("presence radar", b'{"presence":true,"presence_event":"enter"}', _seen("presence")),
    _example(
        "SOS button TS0215A",
        b'{"action":"emergency","battery":100,"linkquality":120}',
        _seen("sos", vendor_type="action:emergency"),
        Scalar("battery", 100.0, _AT_MS, _RECEIVED, source="hall"),
    ),
    _example("SOS button Feibit SEB01ZB", b'{"sos":true}', _seen("sos")),
    _example("SOS button Heiman HS1EB, pressed again: sos was true already", b'{"sos":true}', _seen("sos")),
    _example("the empty action after a real one", b'{"action":"","linkquality":120}'),
    _example(
        "an action nobody mapped",
        b'{"action":"region_1_enter"}',
        _seen("unknown_vendor_event", vendor_type="action:region_1_enter"),
    ),
    _example(
        "an unmapped flag whose name says help",
        b'{"help_requested":true}',
        _seen("unknown_vendor_event", vendor_type="help_requested", urgent=True),
    ),
    _example(
        "fall radar: maybe",
        b'{"fall_down_status":"maybe_fall","tumble_alarm_time":1,"tumble_switch":true}',
        _seen("fall_suspected"),
    ),
    _example("fall radar: fall", b'{"fall_down_status":"fall"}', _seen("fall")),
    _example("fall radar: nobody fell", b'{"fall_down_status":"none"}', _seen("fall_suspected", "off")),
    _example(
        "fall radar: somebody has not moved",
        b'{"static_dwell_alarm":"dwell"}',
        _seen("unknown_vendor_event", value="dwell", vendor_type="static_dwell_alarm", urgent=True),
    ),
    _example(
        "climate, with the coordinator's time",
        b'{"temperature":21.5,"humidity":48,"last_seen":"2026-11-22T06:26:30+08:00"}',
        Scalar("room_temperature", 21.5, _AT_MS - 10_000, source="hall"),
        Scalar("room_humidity", 48.0, _AT_MS - 10_000, source="hall"),
    ),
    _example(
        "a field that cannot be read does not cost the SOS beside it",
        b'{"temperature":"--","sos":true}',
        _seen("unknown_vendor_event", value="--", vendor_type="temperature"),
        _seen("sos"),
    ),
    Example(
        name="a retained copy is state, not news",
        route="zigbee2mqtt/hall",
        payload=b'{"contact":false}',
        retained=True,
        observations=(msgspec.structs.replace(_seen("contact"), quality=int(Quality.RETAINED)),),
    ),
    Example(
        name="a coordinator with a base topic of its own, on a shared broker",
        route="anhu/zigbee2mqtt/dev-1/hall",
        payload=b'{"occupancy":true}',
        observations=(_seen("motion"),),
    ),
    Example(
        name="availability as a text",
        route="zigbee2mqtt/hall/availability",
        payload=b"online",
        observations=(_seen("connection"),),
    ),
    Example(
        name="availability as JSON",
        route="zigbee2mqtt/hall/availability",
        payload=b'{"state":"offline"}',
        observations=(_seen("connection", "off"),),
    ),
    Example(name="bridge state", route="zigbee2mqtt/bridge/state", payload=b'{"state":"online"}', observations=()),
    Example(name="bridge devices", route="zigbee2mqtt/bridge/devices", payload=b"[]", observations=()),
    Example(
        name="not JSON", route="zigbee2mqtt/hall", payload=b"ON", error="payload: got b'ON', expected a JSON object"
    ),
    Example(name="another tree", route="tasmota/hall", payload=b"{}", error="topic: got 'tasmota/hall'"),
)

CODEC = Codec(
    name="zigbee2mqtt",
    title="Zigbee sensors of a home behind a Zigbee2MQTT coordinator",
    data_sheet="https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html",
    mqtt=MqttSpec(publish=("zigbee2mqtt/#", "anhu/zigbee2mqtt/{device_id}/#")),
    decode=decode,
    examples=_EXAMPLES,
)
