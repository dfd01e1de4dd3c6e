"""What a decoded advertisement says of a resident."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.encodings import as_text
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import radio_address
from anhu.contract.meaning import CALLS, alarms_stand, is_call, is_unmapped, said, understood
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, json_object, number, unknown_event
from anhu.contract.units import convert
from gateway.codec import Frame
from gateway.gatt.handed_on import is_handed_on, value_in

_BODY_SCALES = "XMTZC"
"""Xiaomi's; of the others that are called SCALE one weighs coffee, in grams."""
_KG_PER_JIN = 0.5
_ROOMS = frozenset({"THB", "AIR", "CTMO", "PLANT"})
_SENSORS = frozenset({"CTMO", "UNIQ", ""})
"""A blind's ``open`` is per cent, and its ``motion`` its own."""
_ELSEWHERE = frozenset({"TIRE", "BBQ", "RMAC"})
"""Of a car, a grill, somebody's phone: their alarms call nobody here."""
_CONTACTS = {"open": "on", "closed": "off", "timeout not closed": "on"}
_PRESSES = {1: "single", 2: "double", 3: "triple", 4: "long", 9: "long", 11: "hold"}
_THERE, _GONE = frozenset({"online"}), frozenset({"offline"})
_ADVERTISED = frozenset({"id", "mac", "model_id", "type", "rssi", "name"})
_FIELDS = (
    "id mac mac_type adv_type rssi distance txpower name brand model model_id type packet acts cont cidc "
    "track prmac unlocked device servicedata servicedatauuid manufacturerdata uuid encr cipher ctr mic "
    "batt volt tempc tempf hum weighing_mode unit weight impedance open contact motion bpm act_bpm steps "
    "lux darkness lightlevel led scopetested sensingdistance in_ct out_ct push_ct rot button button1 "
    "button2 button3 button4 service characteristic read success presence"
)
_OF_THE_RADIO = frozenset(_FIELDS.split())
_OF_A_TOOTHBRUSH = frozenset({"state", "mode", "sector", "pressure", "duration"})
_Reader = Callable[[Mapping[str, object], int], Iterator[Observation]]


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read one advertisement, an answer to a read, or whether the gateway is there."""
    levels = frame.route.split("/")
    if levels[-1] == "LWT":
        made: tuple[Observation, ...] = (_presence(frame),)
    elif "BTtoMQTT" in levels[:-1]:
        made = alarms_stand(_advertised(json_object(frame.payload), levels[-1], frame.received_at_ms))
    elif any(one in levels for one in ("SYStoMQTT", "RLStoMQTT", "LOGtoMQTT", "commands", "presence")):
        made = ()
    else:
        raise DecodeError("topic", frame.route, "home/<gateway>/BTtoMQTT/<address>")
    return flagged(made, Quality.RETAINED) if frame.retained else made


def same(frame: Frame) -> tuple[str, int] | None:
    """Return the packet of an advertisement: a radio hears it several times."""
    with suppress(FieldError):
        body = json_object(frame.payload)
        packet = body.get("packet")
        if isinstance(packet, int):
            return f"{frame.route}/{packet}", 0
    return None


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the fields of a decoded advertisement that nobody mapped."""
    if "BTtoMQTT" not in frame.route.split("/")[:-1]:
        return ()
    body = json_object(frame.payload)
    if not isinstance(body.get("model_id"), str):
        return ()
    known = _OF_THE_RADIO | _OF_A_TOOTHBRUSH
    return tuple(name for name, value in body.items() if name not in known and is_unmapped(name, value))


def _presence(frame: Frame) -> Event:
    word = as_text(frame.payload).strip().lower()
    if word not in _THERE | _GONE:
        raise DecodeError("payload", word, "online or offline")
    return Event("connection", frame.received_at_ms, "on" if word in _THERE else "off", {}, TimeQuality.RECEIVED)


def _advertised(body: Mapping[str, object], last_level: str, at_ms: int) -> tuple[Observation, ...]:
    if is_handed_on(body):
        return value_in({"id": last_level, **body}, at_ms)
    source = radio_address(last_level)
    made = tuple(_said(body, at_ms))
    if not made and _ADVERTISED.isdisjoint(body):
        raise DecodeError("payload", sorted(body)[:8], "an advertisement, with at least id or model_id")
    return tuple(msgspec.structs.replace(one, time_quality=TimeQuality.RECEIVED, source=source) for one in made)


def _said(body: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    kind, model = str(body.get("type", "")), str(body.get("model_id", ""))
    if "cipher" in body or body.get("encr"):
        yield _encrypted(kind, model, at_ms)
    if kind in _SENSORS:
        yield from _contact(body, at_ms)
    yield from _button(body, at_ms)
    if kind in _READERS:
        yield from _READERS[kind](body, at_ms)
    if kind in _ROOMS:
        yield from _numbers(body, {"tempc": "room_temperature", "hum": "room_humidity"}, at_ms)
    if model:
        yield from _numbers(body, {"batt": "battery"}, at_ms)
    for name, value in body.items() if kind not in _ELSEWHERE else ():
        found = understood(name, value, at_ms) if name not in _OF_THE_RADIO else None
        if found is not None and (is_call(found) or found.kind in CALLS):
            yield found


def _encrypted(kind: str, model: str, at_ms: int) -> Event:
    """Tell that nobody can read this: once for a sensor, and each time for a button, whose press may be the call."""
    details: dict[str, object] = {} if kind == "BTN" else {"value": "encrypted"}
    return unknown_event(f"{model} needs its key", at_ms=at_ms, details=details, urgent=kind == "BTN")


def _numbers(body: Mapping[str, object], names: Mapping[str, str], at_ms: int) -> Iterator[Observation]:
    for name, quantity in names.items():
        value = body.get(name)
        if value is None:
            continue
        try:
            yield Scalar(quantity, number(value, name), at_ms)
        except FieldError:  # one unreadable field must not cost the others
            yield unknown_event(name, at_ms=at_ms, details={"value": value})


def _contact(body: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    for name, kind in (("open", "contact"), ("contact", "contact"), ("motion", "motion"), ("presence", "presence")):
        value = body.get(name)
        if value is None:
            continue
        state = _CONTACTS.get(value) if name == "contact" and isinstance(value, str) else None
        meaning = said(value)
        if meaning.alarm and meaning.kind in CALLS:  # a radar's presence: "fall"
            found = understood("event", value, at_ms)
        elif state is None and meaning.alarm is None:
            found = unknown_event(name, at_ms=at_ms, details={"value": value})
        else:
            found = Event(kind, at_ms, state or ("on" if meaning.alarm else "off"))
        if found is not None:
            yield found


def _button(body: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    """Take every press of a single button for a call; a remote with four is kept until somebody maps it."""
    kind, pressed = str(body.get("type", "")), body.get("button")
    if kind == "BTN" and "cipher" not in body and not any(name.startswith("button") for name in body):
        yield unknown_event("button that cannot be read", at_ms=at_ms, urgent=True)
    if pressed is not None and pressed is not False and pressed != 0:
        about: dict[str, AttributeValue] = {"press": _press(pressed)}
        if kind in ("BTN", ""):
            yield Event("sos", at_ms, "on", about)
        else:  # the pairing button of something else
            yield unknown_event(f"button {_press(pressed)}", at_ms=at_ms, urgent=False)
    for name in ("button1", "button2", "button3", "button4"):
        value = body.get(name)
        if value is not None and value is not False and value != 0:
            yield unknown_event(f"{name} {_press(value)}", at_ms=at_ms, urgent=False)


def _press(value: object) -> str:
    return _PRESSES.get(value, str(value)[:20]) if isinstance(value, int) else str(value)[:20]


def _scale(body: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    weight = body.get("weight")
    if weight is None or body.get("weighing_mode") == "object":
        return
    if not str(body.get("model_id", "")).startswith(_BODY_SCALES):
        return
    unit = str(body.get("unit", "kg"))
    try:
        shown = number(weight, "weight")
        kg = shown * _KG_PER_JIN if unit in ("jin", "斤") else convert(shown, unit, "kg")
    except FieldError:
        yield unknown_event("weight", at_ms=at_ms, details={"value": weight, "unit": unit})
    else:
        yield Scalar("weight", round(kg, 2), at_ms)


def _body(body: Mapping[str, object], at_ms: int) -> Iterator[Observation]:
    for name, context in (("bpm", ""), ("act_bpm", "active")):
        for found in _numbers(body, {name: "heart_rate"}, at_ms):
            if type(found) is not Scalar or found.value > 0:
                yield msgspec.structs.replace(found, context=context) if type(found) is Scalar else found
    yield from _numbers(body, {"steps": "steps"}, at_ms)


_READERS: Mapping[str, _Reader] = {"SCALE": _scale, "BODY": _body}
