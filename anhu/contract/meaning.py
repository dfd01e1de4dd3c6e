"""What an unmapped field says: an alarm, the end of one, a setting, a level; or a call that somebody must map.

Asked by every codec for each field that its own tables do not hold. Nothing that sounds like help ends here in silence:
a value that the words do not know, under a name that sounds like help, is an unknown event with ``urgent``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from anhu.contract.observation import Event, Observation
from anhu.contract.payload import unknown_event
from anhu.contract.vendor_words import Name, Said, name_meaning, word_meaning, words
from anhu.contract.word_table import MESSAGE_TYPES, THINGS

CALLS = frozenset({"sos", "fall", "fall_suspected", "smoke", "carbon_monoxide", "gas", "water_leak"})
"""Events that call somebody."""
_CO_ALARM = 100.0
"""Carbon monoxide at which a detector must sound within 40 minutes (EN 50291-1); alike in ppm and mg/m3. [ppm]"""
_NOTHING = Said(None, known=True)
_LEVELS = frozenset({"gas", "carbon_monoxide"})
_FLAGS = frozenset({"smoke", "water_leak"})
_MOST_CODE = 9
"""A small whole number where a flag is usual is a code; a larger one is a level, as every broken one is."""
_NO_VALUE = -1.0
_MINOR = frozenset({"tamper", "sensor_fault"})
_ONLY_ON = frozenset({"sos"})
_PERSONS = frozenset({"sos", "fall"})
_MOST_INSIDE = 64
_MOST_DEPTH = 4
_LABELS = ("code", "name", "key", "identifier", "id", "property", "type", "kind", "event")
_VALUES = ("value", "val", "state", "status", "active", "data")
_MOST_CHARS = 4_096


def understood(name: str, value: object, at_ms: int) -> Event | None:
    """Return the event that a vendor's field is; None where it is none: a setting, a level, "not known". [ms]."""
    about = name_meaning(name)
    if value is None or about.setting:
        return None
    if type(value) is int or type(value) is float:
        return _help(about, name, value, at_ms) if about.helps else None
    if isinstance(value, str) and value[:1] == "{":
        value = _object(value)
    if isinstance(value, dict | list):
        return _inside(about, name, value, at_ms)
    return _help(about, name, value, at_ms) if about.helps else _other(about, name, value, at_ms)


def _object(text: str) -> object:
    """Return the JSON object that a text holds; the text where it holds none."""
    try:
        found = msgspec.json.decode(text) if len(text) <= _MOST_CHARS else text
    except (msgspec.DecodeError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def _other(about: Name, name: str, value: object, at_ms: int) -> Event | None:
    """Take a field whose name is no alarm's: a flag that nobody mapped, or a word that says what happened."""
    if isinstance(value, bool):
        return unknown_event(name, at_ms=at_ms, state="on" if value else "off", urgent=False)
    if isinstance(value, str) and not about.technical:
        return _named_by_value(about, name, value, at_ms)
    return None


def is_unmapped(name: str, value: object) -> bool:
    """Tell whether a field says something that is neither understood nor a setting, a name or "not known"."""
    about = name_meaning(name)
    if value is None or value == "" or about.setting or about.identity:
        return False
    known = isinstance(value, str) and word_meaning(value).known
    return not known and not isinstance(value, bool) and understood(name, value, 0) is None


def said(value: object) -> Said:
    """Return what a value says as the value of something that can be an alarm; numbers but 0 and 1 are not known."""
    if isinstance(value, bool):
        return Said(alarm=value, known=True)
    if isinstance(value, int | float):
        return Said(alarm=value == 1, known=True) if value in (0, 1) else Said(None, known=False)
    if isinstance(value, str):
        return word_meaning(value.lstrip("0") or "0" if value.isdecimal() else value)
    return _NOTHING


def alarms_stand(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """Leave out each all-clear that the same message contradicts: two fields for one thing, and one is an alarm."""
    for one in observations:
        if type(one) is Event and one.state == "off":
            break
    else:
        return tuple(observations)
    on = {(one.kind, one.source) for one in observations if type(one) is Event and one.state == "on"}
    return tuple(
        one
        for one in observations
        if type(one) is not Event
        or one.state == "on"
        or one.kind == "unknown_vendor_event"
        or (one.kind, one.source) not in on
    )


def _help(about: Name, name: str, value: object, at_ms: int) -> Event | None:
    amount, meaning = _amount(value, flags=not about.level), said(value)
    if amount is not None:
        return _amount_event(about, name, value, amount, at_ms)
    if meaning.known and meaning.alarm is None:
        return None
    kind = about.kind or (meaning.kind if meaning.whole and not about.technical else "")
    if kind and meaning.alarm is not None:
        return _mapped(kind, meaning, at_ms)
    urgent = not about.technical and about.kind not in _MINOR
    state = "off" if meaning.alarm is False else "on"
    return unknown_event(name, at_ms=at_ms, state=state, details=_detail(value), urgent=urgent)


def _detail(value: object) -> dict[str, object]:
    return {} if isinstance(value, bool) else {"value": value}


def _mapped(kind: str, meaning: Said, at_ms: int) -> Event | None:
    if kind in _ONLY_ON and not meaning.alarm:
        return None
    if kind == "fall" and (meaning.unsure or not meaning.alarm):
        kind = "fall_suspected"
    return Event(kind, at_ms, "on" if meaning.alarm else "off")


def _amount(value: object, *, flags: bool) -> float | None:
    """Return a number that is more than a flag, also sent as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    is_flag = number in (0, 1) and flags and not isinstance(value, float) and "." not in str(value)
    return None if is_flag or not math.isfinite(number) else number


def _amount_event(about: Name, name: str, value: object, amount: float, at_ms: int) -> Event | None:
    """Take a number where a flag may have been meant: a level is no alarm; a code for an alarm must be mapped."""
    if about.kind == "carbon_monoxide" and not about.alarm and not about.bound and amount >= _CO_ALARM:
        return Event("carbon_monoxide", at_ms, "on", {"level": amount})
    is_code = amount == round(amount) and abs(amount) <= _MOST_CODE
    is_level = about.kind in _LEVELS or (about.kind in _FLAGS and not is_code)
    is_level = is_level and not about.alarm and not about.state
    if is_level or about.level or about.bound or about.technical:
        return None
    if amount == _NO_VALUE:
        return None
    if amount in (0, 1):
        return _help(about, name, int(amount), at_ms)
    return unknown_event(name, at_ms=at_ms, details={"value": value}, urgent=about.kind not in _MINOR)


def _named_by_value(about: Name, name: str, value: str, at_ms: int) -> Event | None:
    meaning = word_meaning(value)
    if about.identity:  # what a thing is called; but the type of a message may be the call
        is_call = meaning.alarm and meaning.whole and meaning.kind in _PERSONS and THINGS.isdisjoint(words(value))
        is_call = is_call and not MESSAGE_TYPES.isdisjoint(words(name))
        return unknown_event(name, at_ms=at_ms, details={"value": value}, urgent=True) if is_call else None
    if not meaning.alarm or not (meaning.kind or (meaning.strong and about.state)) or meaning.kind in _MINOR:
        return None
    if not meaning.whole or not meaning.kind:
        return unknown_event(name, at_ms=at_ms, details={"value": value}, urgent=True) if about.state else None
    if about.state:
        return _mapped(meaning.kind, meaning, at_ms)
    return unknown_event(name, at_ms=at_ms, details={"value": value}, urgent=True)


def _inside(about: Name, name: str, value: Mapping[str, object] | list[object], at_ms: int) -> Event | None:
    """Look into an object or a list: ``{"sos":{"state":"on"}}``, ``[{"code":"sos_state","value":true}]``."""
    ended: Event | None = None
    for inner, one in islice(_fields(name, value, 0), _MOST_INSIDE):
        own = name_meaning(inner)
        outer = about.helps and not own.helps and not own.setting and not own.identity
        found = understood(name if outer else inner, one, at_ms)
        if found is not None and found.state == "on" and is_call(found):
            return found
        ended = ended or (found if about.helps else None)
    return ended


def _fields(name: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    """Yield what is said within, at whatever depth; a name and its value that stand beside each other as one."""
    if isinstance(value, dict):
        said_of_it = _labelled(name, value)
        if said_of_it is not None:
            yield said_of_it
            return
        pairs: Iterable[tuple[str, object]] = value.items()
    else:
        pairs = ((name, one) for one in value) if isinstance(value, list) else ()
    for inner, one in islice(pairs, _MOST_INSIDE):
        if not isinstance(one, dict | list):
            yield inner, one
        elif depth < _MOST_DEPTH and not name_meaning(inner).setting:
            yield from _fields(inner, one, depth + 1)


def _labelled(name: str, value: Mapping[str, object]) -> tuple[str, object] | None:
    """Return what an object says whose one field names what its other is the value of; None where it is another."""
    label = next((value[one] for one in _LABELS if isinstance(value.get(one), str)), None)
    if not isinstance(label, str) or not (name_meaning(label).helps or word_meaning(label).kind):
        return None
    state = next((value[one] for one in _VALUES if value.get(one) is not None and one in value), None)
    if state is not None and not isinstance(state, dict | list):
        return label, state
    return (name, label) if name_meaning(name).alarm or name_meaning(name).state else None


def is_call(event: Event) -> bool:
    """Tell whether an event may be a call for help, or says smoke, gas or water."""
    return event.kind in CALLS or event.attributes.get("urgent") is True
