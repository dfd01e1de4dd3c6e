"""What one named property says of a resident, whoever's cloud the device was made for."""

from __future__ import annotations

from functools import lru_cache

from anhu.contract.errors import FieldError
from anhu.contract.meaning import CALLS, said, understood
from anhu.contract.observation import Event, Observation, Scalar
from anhu.contract.payload import number, unknown_event
from anhu.contract.vendor_words import name_meaning, word_meaning
from gateway.thing_model import names

_CALLS = frozenset({"sos", "fall"})


def property_said(name: str, value: object, at_ms: int) -> Observation | None:
    """Return what a property says; None where it is a setting, a name, or nothing that is mapped. [ms]."""
    if value is None:
        return None
    plain = names.plain(name)
    if plain in names.NUMBER_OF:
        try:
            return Scalar(names.NUMBER_OF[plain], number(value, name), at_ms)
        except FieldError:  # one unreadable property must not cost the report's other properties
            known = isinstance(value, str) and word_meaning(value).known
            return None if known else unknown_event(name, at_ms=at_ms, details={"value": value})
    return _event(name, value, at_ms) if plain in names.EVENT_OF else understood(name, value, at_ms)


def _event(name: str, value: object, at_ms: int) -> Event | None:
    meaning = said(value)
    if meaning.alarm and meaning.kind in CALLS:  # a radar's presence: "fall"
        return understood("event", value, at_ms)
    if meaning.alarm is not None:
        return Event(names.EVENT_OF[names.plain(name)], at_ms, "on" if meaning.alarm else "off")
    return None if meaning.known else unknown_event(name, at_ms=at_ms, details={"value": value})


def on_the_body(name: str) -> str:
    """Return the name of a property of something worn: the same word means something else on a wall."""
    return names.ON_THE_BODY.get(names.plain(name), name)


@lru_cache(maxsize=8_192)
def speaks_of_a_body(name: str) -> bool:
    """Tell whether a property, or a service, is of something worn."""
    plain = names.plain(name)
    of_a_body = names.NUMBER_OF.get(plain) in names.OF_A_BODY
    return of_a_body or plain in names.WORN or name_meaning(plain).kind in _CALLS
