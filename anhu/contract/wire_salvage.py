"""What stands of a message of the open format that was refused: each number, event and waveform by itself.

One flaw must not cost the call beside it. Who sends is a device whose maker read the format with one eye: kinds in
capitals, times in seconds or of an unset clock, fields of his own. The message itself is kept among the dead letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from anhu.contract import wire
from anhu.contract.errors import FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import alarms_stand, said, understood
from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from anhu.contract.payload import attribute, json_object, number, time_ms, unknown_event
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.units import conversion
from anhu.contract.vendor_words import name_meaning, word_meaning

_TIMES = ("time", "timestamp", "ts", "observed_at", "datetime")
_KINDS = ("kind", "type", "event", "name", "code")
_STATES = ("state", "active", "value", "status", "on")
_KNOWN = frozenset({"v", "version", "values", "events", "event", "waveforms", *_TIMES})
_MOST = 1_000
_MOST_ATTRIBUTES = 64
_MOST_CHARS = 64

_Stamp = tuple[int, TimeQuality]


def salvaged(payload: bytes, received_at_ms: int) -> tuple[Observation, ...]:
    """Return what can be understood of a message that `wire.decode` refused; empty where nothing can. [ms].

    Raises
    ------
    FieldError
        If it is no JSON object.
    """
    body = {name.strip().lower(): value for name, value in json_object(payload).items()}
    stamp = _stamp(body, (received_at_ms, TimeQuality.RECEIVED))
    made = [*_numbers(body.get("values"), stamp), *_events(body.get("events"), stamp)]
    made += _events(body.get("event"), stamp)
    made += _waveforms(body.get("waveforms"), stamp)
    if not made and isinstance(body.get("kind"), str):  # it is one event
        return tuple(_events(body, stamp))
    for name, value in body.items():
        if name not in _KNOWN and (found := understood(name, value, stamp[0])) is not None:
            made.append(msgspec.structs.replace(found, time_quality=stamp[1]))
    return alarms_stand(made[:_MOST])


def _stamp(given: Mapping[str, Any], otherwise: _Stamp) -> _Stamp:
    """Return the time that is given; else that of the message, or when it was received."""
    for name in _TIMES:
        if given.get(name) is not None:
            try:
                return time_ms(given[name], name), TimeQuality.DEVICE
            except FieldError:
                return otherwise
    return otherwise


def _numbers(values: object, stamp: _Stamp) -> Iterator[Observation]:
    for name, given in values.items() if isinstance(values, dict) else ():
        row = QUANTITIES.get(name.strip().lower())
        try:
            if row is None or row.kind is not Kind.SCALAR:
                found = understood(name, given, stamp[0])
                if found is not None:
                    yield msgspec.structs.replace(found, time_quality=stamp[1])
                continue
            more = given if isinstance(given, dict) else {"value": given}
            value = number(more.get("value"), name)
            if more.get("unit"):
                scale, offset = conversion(str(more["unit"]), row.unit, field=name)
                value = value * scale + offset
            at_ms, quality = _stamp(more, stamp)
            yield Scalar(row.code, number(value, name), at_ms, quality, source=_source(more.get("source")))
        except FieldError:
            continue


def _events(events: object, stamp: _Stamp) -> Iterator[Observation]:
    for given in events if isinstance(events, list) else [events]:
        one = {"kind": given} if isinstance(given, str) else given
        if isinstance(one, dict):
            found = _event({str(name).strip().lower(): value for name, value in one.items()}, stamp)
            if found is not None:
                yield found


def _event(given: dict[str, Any], stamp: _Stamp) -> Event | None:
    kind = next((given[name] for name in _KINDS if isinstance(given.get(name), str)), "")
    at_ms, quality = _stamp(given, stamp)
    more = given.get("attributes")
    pairs = list(more.items())[:_MOST_ATTRIBUTES] if isinstance(more, dict) else []
    attributes = {str(name)[:_MOST_CHARS]: attribute(value) for name, value in pairs if value is not None}
    state = "off" if any(said(given.get(name)).alarm is False for name in _STATES) else "on"
    source = _source(given.get("source"))
    code = _kind(kind)
    if code:
        return Event(code, at_ms, state, attributes, quality, 0, source)
    if not kind:
        inside = next((found for name, value in given.items() if (found := understood(name, value, at_ms))), None)
        return inside and msgspec.structs.replace(inside, time_quality=quality, source=source)
    urgent = name_meaning(kind).helps
    made = unknown_event(kind[:1_024], at_ms=at_ms, state=state, time_quality=quality, source=source, urgent=urgent)
    return msgspec.structs.replace(made, attributes={**attributes, **made.attributes})


def _kind(text: str) -> str:
    """Return the event that a kind is meant to be: ``SOS``, ``Fall Detected``, ``跌倒``; empty where nobody knows."""
    plain = text.strip().lower().replace(" ", "_").replace("-", "_")
    row = QUANTITIES.get(plain)
    if row is not None and row.kind is Kind.EVENT:
        return plain
    meaning = word_meaning(text)
    if meaning.alarm and meaning.kind and meaning.whole:
        return "fall_suspected" if meaning.kind == "fall" and meaning.unsure else meaning.kind
    return ""


def _waveforms(waveforms: object, stamp: _Stamp) -> Iterator[Observation]:
    for i, given in enumerate(waveforms if isinstance(waveforms, list) else ()):
        try:
            yield wire.waveform(msgspec.convert(given, wire.WireWaveform), stamp, f"waveforms.{i}")
        except (FieldError, msgspec.ValidationError):
            continue


def _source(value: object) -> str:
    return source_name(value) if isinstance(value, str) else ""
