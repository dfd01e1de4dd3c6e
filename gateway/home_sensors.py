"""What the sensors of home automation are called: classes of Home Assistant, and the names that people give theirs.

Shared by the codecs of programs that name a sensor's class (Home Assistant) or only its name (ESPHome).
"""

from __future__ import annotations

from collections.abc import Mapping

from anhu.contract.errors import FieldError
from anhu.contract.meaning import said, understood
from anhu.contract.observation import Event, Scalar, TimeQuality
from anhu.contract.payload import number, unknown_event
from anhu.contract.quantities import QUANTITIES
from anhu.contract.units import convert
from anhu.contract.vendor_words import name_meaning, words
from anhu.contract.word_table import KIND_OF

NO_VALUE = frozenset({"unknown", "unavailable", "none", "nan", ""})
"""What these programs say while a sensor has told nothing."""
FLAG_CLASSES: Mapping[str, str] = {
    "motion": "motion",
    "moving": "motion",
    "occupancy": "presence",
    "presence": "presence",
    "door": "contact",
    "window": "contact",
    "opening": "contact",
    "garage_door": "contact",
    "smoke": "smoke",
    "gas": "gas",
    "carbon_monoxide": "carbon_monoxide",
    "moisture": "water_leak",
    "vibration": "vibration",
    "tamper": "tamper",
    "battery": "battery_low",
    "problem": "sensor_fault",
    "connectivity": "connection",
}
"""Class of a binary sensor -> event; `on` is on."""
OF_NO_INTEREST = frozenset({"light", "plug", "power", "update", "running", "lock", "sound", "battery_charging"})
NUMBER_CLASSES: Mapping[str, str] = {
    "temperature": "room_temperature",
    "humidity": "room_humidity",
    "battery": "battery",
    "signal_strength": "signal_strength",
    "weight": "weight",
}
"""Class of a sensor -> quantity."""
_NAMED_FLAGS: Mapping[str, str] = {
    word: kind
    for kind, told in {
        "motion": "motion pir movement moving",
        "presence": "presence occupancy occupied radar person target",
        "contact": "door window contact gate opening reed",
        "bed": "bed mattress",
        "chair": "chair sofa seat",
        "vibration": "vibration shake",
    }.items()
    for word in told.split()
}
_NAMED_NUMBERS: Mapping[str, str] = {
    "temperature": "room_temperature",
    "humidity": "room_humidity",
    "battery": "battery",
    "rssi": "signal_strength",
}


def flag_by_name(name: str, value: str, at_ms: int, quality: TimeQuality) -> Event | None:
    """Return the event of an on-off sensor of which only the name is known; what nobody knows is an unknown event."""
    told = said(value)
    if value.strip().lower() in NO_VALUE or told.alarm is None:
        return None
    about, heard = name_meaning(name), words(name)
    kinds = {KIND_OF[word] for word in heard if word in KIND_OF} - {"tamper"}
    if about.helps and not about.setting and not about.technical and len(kinds) == 1:
        found = understood(kinds.pop(), told.alarm, at_ms)
        return found and Event(found.kind, at_ms, found.state, {}, quality)
    named = next((_NAMED_FLAGS[word] for word in heard if word in _NAMED_FLAGS), "")
    state = "on" if told.alarm else "off"
    if named and not about.helps and not about.technical:
        return Event(named, at_ms, state, {}, quality)
    if about.setting or about.technical:
        return None
    return unknown_event(name, at_ms=at_ms, state=state, time_quality=quality, urgent=about.helps)


def number_by_name(name: str, value: str, at_ms: int, quality: TimeQuality) -> Scalar | None:
    """Return the number of a sensor of which only the name is known; None where the name says nothing of ours."""
    named = next((_NAMED_NUMBERS[word] for word in words(name) if word in _NAMED_NUMBERS), "")
    if not named or value.strip().lower() in NO_VALUE:
        return None
    return Scalar(named, number(value, name), at_ms, quality)


def number_by_class(told: str, unit: object, value: object, at_ms: int, quality: TimeQuality) -> Scalar | None:
    """Return the number of a sensor of a class; None for a class that is none of ours.

    Raises
    ------
    FieldError
        If it is no number, or in a unit that is not known.
    """
    code = NUMBER_CLASSES.get(told)
    if code is None:
        return None
    known = QUANTITIES[code].unit
    if unit is not None and not isinstance(unit, str):
        raise FieldError("unit_of_measurement", unit, f"one that becomes {known}")
    return Scalar(code, convert(number(value, told), _spelled(unit or known), known), at_ms, quality)


def _spelled(unit: str) -> str:
    return "dB[mW]" if unit == "dBm" else unit
