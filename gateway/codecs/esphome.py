"""Sensors that people build with ESPHome: one topic a sensor, a bare word on it.

``<prefix>/binary_sensor/<name>/state`` says ON or OFF, ``…/sensor/<name>/state`` a number or ``nan``, and
``<prefix>/status`` online or offline (also as the will). What a sensor is stands only in what was announced to Home
Assistant, so its name must tell: ``bedroom_fall`` is a fall, ``hall_pir`` motion. A name that tells nothing is an
unknown event, shown so that somebody names it better; one that sounds like help is urgent. Nodes keep their states
retained: a copy is no news.
"""

from __future__ import annotations

from anhu.contract.encodings import as_text
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, unknown_event
from gateway.codec import Codec, Example, Frame
from gateway.door_specs import MqttSpec
from gateway.home_sensors import NO_VALUE, flag_by_name, number_by_name

_OWN = "esphome/{device_id}/"
_OF_A_HOME = "anhu/esphome/{device_id}/"
_SENSOR_LEVELS = 3
_MOST_CHARS = 256
_RECEIVED = TimeQuality.RECEIVED
_THERE = {"online": "on", "offline": "off"}
_SETTINGS = frozenset(
    {"light", "fan", "cover", "climate", "number", "select", "text", "lock", "valve", "update", "time"}
)


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one sensor's state, or whether the node is there; logs, commands and announcements say nothing."""
    made = tuple(_read(frame))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _read(frame: Frame) -> list[Observation]:
    if frame.route.startswith("homeassistant/"):
        return []
    node, levels = _place(frame)
    if levels == ["status"]:
        return _availability(frame, node)
    if len(levels) != _SENSOR_LEVELS or levels[2] != "state" or levels[0] in _SETTINGS:
        return []
    text = as_text(frame.payload).strip()
    if len(text) > _MOST_CHARS:
        raise DecodeError("state", text, f"at most {_MOST_CHARS} characters")
    found = _state(levels[0], levels[1], text, frame)
    source = source_name(f"{node}/{levels[1]}" if node else levels[1])
    return [_behind(found, source)] if found is not None else []


def _behind(found: Scalar | Event, source: str) -> Scalar | Event:
    if isinstance(found, Scalar):
        return Scalar(found.quantity, found.value, found.observed_at_ms, found.time_quality, source=source)
    return Event(found.kind, found.observed_at_ms, found.state, found.attributes, found.time_quality, source=source)


def _place(frame: Frame) -> tuple[str, list[str]]:
    """Return the node, where several of a home come through one device, and the levels below it."""
    own, home = (one.replace("{device_id}", frame.device_id) for one in (_OWN, _OF_A_HOME))
    if frame.route.startswith(own):
        return "", frame.route[len(own) :].split("/")
    if frame.route.startswith(home):
        node, *levels = frame.route[len(home) :].split("/")
        return node, levels
    raise DecodeError("topic", frame.route, "esphome/<device>/<component>/<name>/state")


def _availability(frame: Frame, node: str) -> list[Observation]:
    word = as_text(frame.payload).strip().lower()
    if word not in _THERE:
        raise DecodeError("status", word[:_MOST_CHARS], "online or offline")
    if frame.retained and node and _THERE[word] == "on":  # it stands there, too, when the node has long been gone
        return []
    return [Event("connection", frame.received_at_ms, _THERE[word], {}, _RECEIVED, 0, source_name(node))]


def _state(component: str, name: str, text: str, frame: Frame) -> Scalar | Event | None:
    at_ms = frame.received_at_ms
    if text.lower() in NO_VALUE:
        return None
    if component == "sensor":
        try:
            return number_by_name(name, text, at_ms, _RECEIVED)
        except FieldError:
            return unknown_event(name, at_ms=at_ms, time_quality=_RECEIVED, details={"value": text})
    if component in {"binary_sensor", "switch"}:
        if text.upper() not in {"ON", "OFF"}:
            raise DecodeError("state", text, "ON or OFF")
        is_switch = component == "switch"
        return (
            Event("switch", at_ms, text.lower(), {}, _RECEIVED)
            if is_switch
            else flag_by_name(name, text, at_ms, _RECEIVED)
        )
    if frame.retained:
        return None  # an old text is no state: what it told of may have ended long ago
    found = understood(name, text, at_ms)
    return found and Event(found.kind, at_ms, found.state, found.attributes, _RECEIVED)


_NOTHING = frozenset({b"", b"nan", b"unknown", b"unavailable"})
"""What a sensor says before it has measured: its name may be known all the same."""


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return a sensor's name where it tells nothing."""
    if frame.route.startswith("homeassistant/"):
        return ()
    node, levels = _place(frame)
    is_sensor = len(levels) == _SENSOR_LEVELS and levels[0] in {"sensor", "text_sensor"} and levels[2] == "state"
    tells_nothing = frame.payload.strip().lower() in _NOTHING
    return (f"{node}/{levels[1]}".lstrip("/"),) if is_sensor and not tells_nothing and not _read(frame) else ()


_AT_MS = 1_795_300_000_000


def _said(name: str, topic: str, payload: bytes, *observations: Observation, retained: bool = False) -> Example:
    route = f"esphome/dev-1/{topic}"
    return Example(name=name, route=route, payload=payload, observations=observations, retained=retained)


def _event(kind: str, state: str, source: str, **about: str | bool) -> Event:
    return Event(kind, _AT_MS, state, dict(about), _RECEIVED, 0, source)


_EXAMPLES = (
    _said("motion", "binary_sensor/hall_pir/state", b"ON", _event("motion", "on", "hall_pir")),
    _said("no motion", "binary_sensor/hall_pir/state", b"OFF", _event("motion", "off", "hall_pir")),
    _said("an open door", "binary_sensor/front_door/state", b"ON", _event("contact", "on", "front_door")),
    _said("out of bed", "binary_sensor/bed/state", b"OFF", _event("bed", "off", "bed")),
    _said("a fall", "binary_sensor/bedroom_fall/state", b"ON", _event("fall", "on", "bedroom_fall")),
    _said("an SOS button", "binary_sensor/sos_button/state", b"ON", _event("sos", "on", "sos_button")),
    _said("the button let go says nothing", "binary_sensor/sos_button/state", b"OFF"),
    _said("smoke", "binary_sensor/kitchen_smoke/state", b"ON", _event("smoke", "on", "kitchen_smoke")),
    _said(
        "a name that tells nothing",
        "binary_sensor/gpio_4/state",
        b"ON",
        _event("unknown_vendor_event", "on", "gpio_4", vendor_type="gpio_4"),
    ),
    _said(
        "a name that sounds like help",
        "binary_sensor/alarm/state",
        b"ON",
        _event("unknown_vendor_event", "on", "alarm", vendor_type="alarm", urgent=True),
    ),
    _said(
        "temperature",
        "sensor/living_room_temperature/state",
        b"21.50",
        Scalar("room_temperature", 21.5, _AT_MS, _RECEIVED, source="living_room_temperature"),
    ),
    _said("a sensor that has told nothing yet", "sensor/living_room_temperature/state", b"nan"),
    _said(
        "signal",
        "sensor/wifi_rssi/state",
        b"-63",
        Scalar("signal_strength", -63.0, _AT_MS, _RECEIVED, source="wifi_rssi"),
    ),
    _said(
        "what a radar says in words",
        "text_sensor/fall_state/state",
        b"fall detected",
        _event("fall", "on", "fall_state"),
    ),
    _said("the node is there", "status", b"online", _event("connection", "on", "")),
    _said("its will: it is gone", "status", b"offline", _event("connection", "off", "")),
    _said("its log", "debug", b"[0;32m[I][app:100]: running"),
    _said(
        "a retained state is no news",
        "binary_sensor/front_door/state",
        b"ON",
        *flagged((_event("contact", "on", "front_door"),), Quality.RETAINED),
        retained=True,
    ),
    Example(
        name="one node of several behind a home's broker",
        route="anhu/esphome/dev-1/bath/binary_sensor/floor_leak/state",
        payload=b"ON",
        observations=(_event("water_leak", "on", "bath/floor_leak"),),
    ),
    Example(
        name="one node of a home is gone",
        route="anhu/esphome/dev-1/bath/status",
        payload=b"offline",
        observations=(_event("connection", "off", "bath"),),
    ),
    Example(
        name="what it announces to Home Assistant",
        route="homeassistant/binary_sensor/dev-1/hall_pir/config",
        payload=b'{"dev_cla":"motion","stat_t":"esphome/dev-1/binary_sensor/hall_pir/state"}',
        observations=(),
    ),
    Example(name="another tree", route="tasmota/x", payload=b"ON", error="topic: got 'tasmota/x'"),
    Example(name="a status of no kind", route="esphome/dev-1/status", payload=b"?", error="expected online or offline"),
)

CODEC = Codec(
    name="esphome",
    title="Sensors built with ESPHome (topic_prefix: esphome/<device>)",
    data_sheet="https://esphome.io/components/mqtt.html: default topics, birth and will",
    mqtt=MqttSpec(
        publish=("esphome/{device_id}/#", "anhu/esphome/{device_id}/#", "homeassistant/+/{device_id}/+/config")
    ),
    decode=decode,
    unmapped=unmapped,
    examples=_EXAMPLES,
)
