"""What the state of an announced thing means: by its class, its unit, and where these say nothing by its names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import CALLS, is_call, said, understood
from anhu.contract.observation import Event, Scalar, TimeQuality
from anhu.contract.payload import number, unknown_event
from anhu.contract.quantities import QUANTITIES
from anhu.contract.units import convert
from anhu.contract.vendor_words import name_meaning, word_meaning, words
from gateway.codecs.home_assistant_discovery.naming import calls_for_help
from gateway.codecs.home_assistant_discovery.told import Told, word
from gateway.home_sensors import FLAG_CLASSES, NO_VALUE, OF_NO_INTEREST, flag_by_name, number_by_class

_RECEIVED = TimeQuality.RECEIVED
_PERSONS = frozenset({"sos", "fall"})
_OF_ITSELF = frozenset({"battery", "battery_charging", "connectivity", "plug", "power", "problem", "tamper", "update"})
"""Classes that are about the thing itself, whatever it is called: ``SOS button battery``."""
_VITALS: Mapping[str, str] = {
    "heart rate": "heart_rate",
    "heartrate": "heart_rate",
    "pulse": "pulse_rate",
    "心率": "heart_rate",
    "spo2": "spo2",
    "oxygen": "spo2",
    "血氧": "spo2",
    "respiration": "respiration_rate",
    "respiratory": "respiration_rate",
    "breathing": "respiration_rate",
    "breath": "respiration_rate",
    "呼吸频率": "respiration_rate",
    "systolic": "systolic_pressure",
    "diastolic": "diastolic_pressure",
    "glucose": "glucose",
    "body temperature": "body_temperature",
    "体温": "body_temperature",
    "weight": "weight",
    "体重": "weight",
}
"""What a sensor of a person is called -> quantity, where its unit is one of that quantity's."""
_WORD = re.compile(r"[\w .:-]{1,40}")
_OF_A_PERSON = frozenset(_VITALS.values())
_PLAIN = frozenset({"steps"})
_LET_GO = frozenset({"release", "released", "button_short_release", "off", "idle", *NO_VALUE})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_NEED = _words(
    "apparent_power aqi atmospheric_pressure conductivity current data_rate data_size date distance duration energy "
    "enum frequency irradiance moisture monetary ph power power_factor precipitation precipitation_intensity pressure "
    "reactive_power signal_strength sound_pressure speed timestamp uptime voltage volume water weather wind_speed"
)
"""Classes of sensors of which nothing is kept here, and nothing is missed."""


def of_state(told: Told, value: object, at_ms: int) -> Scalar | Event | None:
    """Return what a state means; None for "not known" and what is of no interest.

    Raises
    ------
    FieldError
        If it is none that the thing can have.
    """
    if told.component == "sensor":
        return _number(told, value, at_ms)
    if told.component == "alarm_control_panel":
        is_alarm = word(value) == "triggered"
        return unknown_event(_name(told), at_ms=at_ms, time_quality=_RECEIVED, urgent=True) if is_alarm else None
    is_on = _is_on(told, value)
    if is_on is None:
        return None
    state = "on" if is_on else "off"
    if told.component == "switch":
        return Event("switch", at_ms, state, {"name": _name(told)}, _RECEIVED)
    if told.component == "siren":
        return unknown_event(_name(told), at_ms=at_ms, state=state, time_quality=_RECEIVED)
    return _flag(told, state, at_ms)


def _name(told: Told) -> str:
    return (told.names or (told.component,))[0]


def _is_on(told: Told, value: object) -> bool | None:
    """Return which of its two states it is in; None where it does not know itself."""
    told_word = word(value)
    if told_word in {told.on, told.off}:
        return told_word == told.on
    if told_word in NO_VALUE:
        return None
    meaning = said(value)
    is_plain = not isinstance(value, str) or _WORD.fullmatch(value) is not None
    if not is_plain or (meaning.alarm is None and not meaning.known):
        raise DecodeError(_name(told), str(value)[:80], f"{told.on} or {told.off}")
    return meaning.alarm


def _flag(told: Told, state: str, at_ms: int) -> Event | None:
    kind = told.device_class
    if kind not in _OF_ITSELF:
        for name in told.names:
            if name_meaning(name).kind in _PERSONS:
                return flag_by_name(name, state, at_ms, _RECEIVED)
    if kind in FLAG_CLASSES:
        return Event(FLAG_CLASSES[kind], at_ms, state, {}, _RECEIVED)
    found = _by_names(told, state, at_ms)
    is_known = found is not None and found.kind != "unknown_vendor_event"
    if told.calls and not told.minor and not is_known and kind not in OF_NO_INTEREST | _OF_ITSELF:
        return Event("sos", at_ms, "on", {}, _RECEIVED) if state == "on" else None
    if kind == "safety" and state == "on" and (found is None or not is_call(found)) and not is_known:
        about = {"class": kind}
        return unknown_event(_name(told), at_ms=at_ms, time_quality=_RECEIVED, details=about, urgent=True)
    if not is_known and (kind in OF_NO_INTEREST or told.minor) and (found is None or not is_call(found)):
        return None
    return found


def _by_names(told: Told, state: str, at_ms: int) -> Event | None:
    """Return what the first name says that says something; else that nobody knows it, urgently if a name sounds so."""
    return _plainest([flag_by_name(name, state, at_ms, _RECEIVED) for name in told.names])


def _plainest(found: Sequence[Event | None]) -> Event | None:
    made = [one for one in found if one is not None]
    known = (one for one in made if one.kind != "unknown_vendor_event")
    return next(known, next((one for one in made if is_call(one)), made[0] if made else None))


def _number(told: Told, value: object, at_ms: int) -> Scalar | Event | None:
    if isinstance(value, str) and value.strip().lower() in NO_VALUE:
        return None
    quantity = quantity_of(told)
    if quantity:
        unit = QUANTITIES[quantity].unit
        measured = number(value, _name(told))
        if measured == 0 and quantity in _OF_A_PERSON:
            return None  # nobody is there
        return Scalar(quantity, convert(measured, told.unit or unit, unit), at_ms, _RECEIVED)
    if told.device_class == "battery" and not told.unit and isinstance(value, str | bool) and _is_word(value):
        return _flag(told, "on" if word(value) in {"low", "true"} else "off", at_ms)
    with suppress(FieldError):
        if told.device_class != "temperature":  # else it is a chip's
            found = number_by_class(told.device_class, told.unit or None, value, at_ms, _RECEIVED)
            if found is not None:
                return found
    return _in_words(told, value, at_ms)


def _is_word(value: str | bool) -> bool:  # noqa: FBT001 - what a device said
    return isinstance(value, bool) or not value.replace(".", "", 1).isdecimal()


def _in_words(told: Told, value: object, at_ms: int) -> Event | None:
    """Return what a sensor says in words, or by a level: ``fall detected``, carbon monoxide at which one must leave."""
    found = _plainest([understood(name, value, at_ms) for name in told.names])
    if found is None or (found.kind == "unknown_vendor_event" and not is_call(found)):
        return None
    return Event(found.kind, at_ms, found.state, found.attributes, _RECEIVED)


def quantity_of(told: Told) -> str:
    """Return what a sensor measures, where its name and unit say more than its class."""
    for name in told.names:
        spelled = " ".join(words(name))
        for called, quantity in _VITALS.items():
            if (called in spelled or called in name.lower()) and _fits(told.unit, quantity):
                return quantity
        if spelled in _PLAIN:
            return spelled
    return "room_temperature" if told.device_class == "temperature" and not told.minor else ""


def _fits(unit: str, quantity: str) -> bool:
    try:
        convert(0.0, unit, QUANTITIES[quantity].unit)
    except FieldError:
        return False
    return True


def is_mapped(told: Told) -> bool:
    """Tell whether a sensor's numbers are kept, or nobody needs them."""
    known = told.device_class in {"temperature", "humidity", "battery", "weight"} or bool(quantity_of(told))
    return known or told.minor or told.device_class in _NO_NEED


def pressed(told: Told | None, press: str, at_ms: int) -> Event | None:
    """Return a press: a call where the press itself, the button or its device is there for one; else to be mapped."""
    plain = press.strip()[:100]
    if plain.lower() in NO_VALUE:
        return None
    meaning = word_meaning(plain)
    if meaning.alarm and meaning.kind in _PERSONS and meaning.whole:
        return Event(meaning.kind, at_ms, "on", {"vendor_type": f"action:{plain}"}, _RECEIVED)
    is_button = told is not None and (told.calls or any(map(calls_for_help, told.names)))
    if is_button and plain.lower() not in _LET_GO:
        return Event("sos", at_ms, "on", {"press": plain}, _RECEIVED)
    urgent = bool(meaning.alarm and (meaning.kind in CALLS or meaning.strong)) or calls_for_help(plain)
    return unknown_event(f"action:{plain}", at_ms=at_ms, time_quality=_RECEIVED, urgent=urgent)
