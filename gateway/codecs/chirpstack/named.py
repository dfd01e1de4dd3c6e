"""An uplink that the server's own codec has decoded, of a device that is not known byte by byte: read by its names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anhu.contract.errors import FieldError
from anhu.contract.meaning import CALLS, said, understood
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.payload import number, unknown_event
from gateway.codecs.chirpstack.uplink import Uplink

_NUMBERS: Mapping[str, str] = {
    "temperature": "room_temperature",
    "ambienttemperature": "room_temperature",
    "humidity": "room_humidity",
    "battery": "battery",
    "batterylevel": "battery",
    "heartrate": "heart_rate",
    "respiratoryrate": "respiration_rate",
    "spo2": "spo2",
    "weight": "weight",
}
_STATES: Mapping[str, str] = {
    "motion": "motion",
    "pir": "motion",
    "occupancy": "presence",
    "presence": "presence",
    "door": "contact",
    "magnetstatus": "contact",
    "contact": "contact",
    "inbed": "bed",
}
_WORDS: Mapping[str, str] = {
    "open": "on", "opened": "on", "close": "off", "closed": "off", "occupied": "on", "vacant": "off", "trigger": "on",
    "unoccupied": "off",
}  # fmt: skip


def named_values(decoded: Mapping[str, object], uplink: Uplink) -> Iterator[Observation]:
    """Yield what the fields of a decoded object say."""
    for name, value in decoded.items():
        found = _one(name, value)
        if found is not None:
            yield uplink.stamped(found)


def _one(name: str, value: object) -> Scalar | Event | None:
    plain = name.replace("_", "").replace("-", "").lower()
    if value is None:
        return None
    if plain in _NUMBERS:
        try:
            return Scalar(_NUMBERS[plain], number(value, name), 0)
        except FieldError:
            return unknown_event(name, at_ms=0, details={"value": value})
    if plain in _STATES:
        return _state(name, _STATES[plain], value)
    return understood(name, value, 0)


def _state(name: str, kind: str, value: object) -> Event | None:
    meaning = said(value)
    if meaning.alarm and meaning.kind in CALLS:
        return understood("event", value, 0)
    word = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if word is None and meaning.alarm is None:
        return None if meaning.known else unknown_event(name, at_ms=0, details={"value": value})
    return Event(kind, 0, word or ("on" if meaning.alarm else "off"))
