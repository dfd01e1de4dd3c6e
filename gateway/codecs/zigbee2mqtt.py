"""A home's Zigbee sensors behind a Zigbee2MQTT coordinator.

Each sensor publishes its whole state as JSON to ``<base>/<friendly name>``; the friendly name becomes the observation's
``source``. The traps: ``contact: true`` means closed; an empty ``action`` follows every real one and means nothing; a
Heiman HS1EB keeps ``sos: true`` for ever, so an SOS is a message, never a change of state (the alert's rule drops
repeats within 30 s); a retained copy is state, never news (`Quality.RETAINED`). A boolean, an action or an alarm text
that nobody mapped is kept as ``unknown_vendor_event``: `anhu.contract.meaning` says what a field's name and value mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.encodings import as_text
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import CALLS, alarms_stand, is_unmapped, said, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, json_object, number, time_ms, unknown_event
from anhu.contract.vendor_words import word_meaning
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec

_BASES = ("anhu/zigbee2mqtt/{device_id}/", "zigbee2mqtt/")

# Field of the state: (event, whether true means off).
_FLAGS: Mapping[str, tuple[str, bool]] = {
    "occupancy": ("motion", False),
    "presence": ("presence", False),
    "contact": ("contact", True),
    "vibration": ("vibration", False),
    "battery_low": ("battery_low", False),
}
_NUMBERS: Mapping[str, str] = {"temperature": "room_temperature", "humidity": "room_humidity", "battery": "battery"}
_PRESSED = frozenset({"sos", "fall"})
_THERE, _GONE = frozenset({"online", "on", "true"}), frozenset({"offline", "off", "false"})
# Of the radio and the picture of the state, not of the home.
_OF_THE_RADIO = frozenset({"linkquality", "last_seen", "update", "update_available", "device", "elapsed"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a sensor's state, its availability or the coordinator's; its other ``bridge/…`` topics say nothing."""
    name = _friendly_name(frame)
    if name == "bridge/state":
        made: tuple[Observation, ...] = _availability(frame, "")
    elif name.startswith("bridge/") or name.endswith(("/set", "/get")) or not frame.payload:
        return ()
    elif name.endswith("/availability"):
        made = _availability(frame, source_name(name.removesuffix("/availability")))
    else:
        made = alarms_stand(tuple(_state(frame, source_name(name))))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _friendly_name(frame: Frame) -> str:
    for base in _BASES:
        prefix = base.replace("{device_id}", frame.device_id)
        if frame.route.startswith(prefix) and len(frame.route) > len(prefix):
            return frame.route[len(prefix) :]
    raise DecodeError("topic", frame.route, "zigbee2mqtt/<friendly name>")


def _availability(frame: Frame, name: str) -> tuple[Event, ...]:
    """Read whether a sensor, or without a name the coordinator, is there; what has gone is silent, and soon missed.

    A retained "online" proves nothing of a sensor: it stands there, too, when the coordinator has long been gone.
    """
    there = _is_there(frame)
    if there and frame.retained and name:
        return ()
    return (Event("connection", frame.received_at_ms, "on" if there else "off", {}, TimeQuality.RECEIVED, 0, name),)


def _is_there(frame: Frame) -> bool:
    text: object = as_text(frame.payload).strip()
    if isinstance(text, str) and text.startswith("{"):
        text = json_object(frame.payload).get("state")
    word = str(text).strip("\"' ").lower()
    if word not in _THERE and word not in _GONE:
        raise DecodeError("state", text, 'online, offline, or {"state":"online"}')
    return word in _THERE


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


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of a sensor's state that nobody mapped."""
    name = _friendly_name(frame)
    if name.startswith("bridge/") or name.endswith(("/set", "/get", "/availability")):
        return ()
    known = _OF_THE_RADIO | _NUMBERS.keys() | _FLAGS.keys() | {"action", "state"}
    said_of_it = json_object(frame.payload).items()
    return tuple(field for field, value in said_of_it if field not in known and is_unmapped(field, value))


def _last_seen(value: object, received_at_ms: int) -> tuple[int, TimeQuality]:
    """Return the coordinator's time; where it sends none, or a wrong one, the received time: an alarm must not wait."""
    if value is not None:
        with suppress(FieldError):
            return time_ms(value, "last_seen"), TimeQuality.DEVICE
    return received_at_ms, TimeQuality.RECEIVED


def _measured(field: str, value: object, at_ms: int) -> Scalar | None:
    return None if value is None else Scalar(_NUMBERS[field], number(value, field), at_ms)


def _happening(field: str, value: object, at_ms: int) -> Event | None:
    if field in _OF_THE_RADIO:
        return None
    if field in _FLAGS:
        return _flag(field, value, at_ms)
    if field == "action":
        return _action(value, at_ms)
    if field == "state" and value in ("ON", "OFF"):
        return Event("switch", at_ms, str(value).lower())
    return understood(field, value, at_ms)


def _flag(field: str, value: object, at_ms: int) -> Event | None:
    meaning = said(value)
    if value is None or (meaning.known and meaning.alarm is None):  # after a restart the coordinator knows no state yet
        return None
    if meaning.alarm is None:
        raise DecodeError(field, value, "true or false")
    if meaning.alarm and meaning.kind in CALLS:  # a radar's presence: "fall"
        return understood("event", value, at_ms)
    kind, inverted = _FLAGS[field]
    return Event(kind, at_ms, "on" if meaning.alarm is not inverted else "off")


def _action(value: object, at_ms: int) -> Event | None:
    if not isinstance(value, str) or not value:
        return None
    meaning = word_meaning(value)
    if meaning.alarm and meaning.kind in _PRESSED and meaning.whole:
        return Event(meaning.kind, at_ms, "on", {"vendor_type": f"action:{value}"})
    urgent = bool(meaning.alarm and (meaning.kind in CALLS or meaning.strong))
    return unknown_event(f"action:{value}", at_ms=at_ms, urgent=urgent)


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
        b'{"temperature":"warm","sos":true}',
        _seen("unknown_vendor_event", value="warm", vendor_type="temperature"),
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
    Example(
        name="the coordinator is back",
        route="zigbee2mqtt/bridge/state",
        payload=b'{"state":"online"}',
        observations=(Event("connection", _AT_MS, "on", {}, _RECEIVED),),
    ),
    Example(
        name="the coordinator is gone: nobody hears the home's sensors",
        route="zigbee2mqtt/bridge/state",
        payload=b"offline",
        observations=(Event("connection", _AT_MS, "off", {}, _RECEIVED),),
    ),
    _example(
        "a ceiling radar's words",
        b'{"status":"falling","presence":true}',
        _seen("fall"),
        _seen("presence"),
    ),
    _example(
        "alarms told as words, settings and levels beside them",
        b'{"smoke":false,"smoke_state":"alarm","linkage_alarm":true,"co_state":"normal","gas":0.3,"alarm_volume":"high"}',
        _seen("smoke"),
        _seen("carbon_monoxide", "off"),
    ),
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
    unmapped=unmapped,
    examples=_EXAMPLES,
)
