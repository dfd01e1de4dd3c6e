"""Reading what vendors send: JSON whose numbers may be texts, whose flags may be 0 and 1, and whose events are new.

Codecs share these because they may not import one another. Everything here is strict about what it understands and
says so in a `FieldError`; nothing is guessed in silence.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from anhu.contract.clock import from_rfc3339
from anhu.contract.errors import DecodeError
from anhu.contract.observation import AttributeValue, Event, Observation, Quality, TimeQuality
from anhu.contract.vendor_words import name_meaning, word_meaning
from anhu.contract.wire import MAX_TIME_MS, MIN_TIME_MS

_URGENT = re.compile(r"sos|fall|alarm|help|跌倒|求助", re.IGNORECASE)
_MIN_EPOCH_MS = 100_000_000_000  # below this, an epoch counts seconds
_SHOWN_BYTES = 80
_MAX_ATTRIBUTE_CHARS = 1_024
_MAX_INT = 2**63 - 1
_MIN_EPOCH_US = 100_000_000_000_000
_MIN_EPOCH_NS = 100_000_000_000_000_000


def json_object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object that a payload is.

    Raises
    ------
    DecodeError
        If it is no JSON, or JSON but no object.
    """
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("payload", payload[:_SHOWN_BYTES], f"a JSON object ({error})") from None
    found = as_object(value, "payload")
    names = payload.count(b'":')
    if names > len(found) and names > _names_in(found):
        _require_once(payload)
    return found


def _names_in(value: dict[str, Any] | list[Any]) -> int:
    count = 0
    if type(value) is dict:
        count, value = len(value), list(value.values())
    for one in value:
        if type(one) is dict or type(one) is list:
            count += _names_in(one)
    return count


def _require_once(payload: bytes) -> None:
    """Raise for a name that stands twice in an object: only the last would count, and it may not be the call."""

    def once(pairs: list[tuple[str, object]]) -> None:
        if len(dict(pairs)) < len(pairs):
            raise DecodeError("payload", payload[:_SHOWN_BYTES], "each name once in an object")

    json.loads(payload, object_pairs_hook=once)


def as_object(value: object, field: str) -> dict[str, Any]:
    """Return the value if it is a JSON object. Raises `DecodeError` otherwise."""
    if not isinstance(value, dict):
        raise DecodeError(field, value, "a JSON object")
    return value


def as_list(value: object, field: str, *, at_most: int) -> list[Any]:
    """Return the value if it is a JSON array of at most so many elements. Raises `DecodeError` otherwise."""
    if not isinstance(value, list) or len(value) > at_most:
        raise DecodeError(field, value, f"a JSON array of at most {at_most} elements")
    return value


def number(value: object, field: str) -> float:
    """Return a number that may have been sent as a text.

    Raises
    ------
    DecodeError
        If it is neither, or not finite.
    """
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            return found
    raise DecodeError(field, value, "a finite number, or a text that holds one")


def truth(value: object) -> bool | None:
    """Return what a flag says, sent as true/false, 0/1, or a word; None where it cannot be told."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    if not isinstance(value, str):
        return None
    return word_meaning(value).alarm if value.strip() else False


def time_ms(value: object, field: str) -> int:
    """Return UTC milliseconds for RFC 3339 with a zone, or an epoch in seconds down to nanoseconds, also as a text.

    Raises
    ------
    FieldError
        If it is none of these, or not between the years 2000 and 2100.
    """
    if isinstance(value, str) and not value.strip().isdigit():
        at_ms = from_rfc3339(value, field=field)
    else:
        epoch = number(value, field)
        exact_ms = epoch * _per_ms(epoch)
        at_ms = round(exact_ms) if math.isfinite(exact_ms) else 0  # a number near the end of all overflows
    if not MIN_TIME_MS <= at_ms <= MAX_TIME_MS:
        raise DecodeError(field, value, "a time between the years 2000 and 2100")
    return at_ms


def _per_ms(epoch: float) -> float:
    """Tell seconds, milliseconds, microseconds and nanoseconds since 1970 apart by their size. [ms]."""
    if epoch >= _MIN_EPOCH_NS:
        return 1e-6
    if epoch >= _MIN_EPOCH_US:
        return 1e-3
    return 1.0 if epoch >= _MIN_EPOCH_MS else 1e3


def is_urgent(*texts: str) -> bool:
    """Tell whether a vendor's own words speak of an SOS, a fall, an alarm or a call for help."""
    return any(_URGENT.search(text) or name_meaning(text).helps for text in texts)


def attribute(value: object) -> AttributeValue:
    """Return a vendor's value as an attribute: plain values as they are, anything else as its JSON text."""
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_MAX_INT <= value <= _MAX_INT else str(value)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text[:_MAX_ATTRIBUTE_CHARS]


def unknown_event(
    vendor_type: str,
    *,
    at_ms: int,
    state: str = "on",
    time_quality: TimeQuality = TimeQuality.DEVICE,
    source: str = "",
    details: Mapping[str, object] | None = None,
    urgent: bool | None = None,
) -> Event:
    """Keep an event that no mapping knows: raw type in ``vendor_type``, and ``urgent`` where its words are.

    Parameters
    ----------
    vendor_type : str
        What the vendor calls it.
    at_ms : int
        UTC. [ms]
    details : mapping, optional
        Further attributes, as the vendor sent them.
    urgent : bool, optional
        Whether it may be a call for help; by its words where it is not said.
    """
    attributes = {name: attribute(value) for name, value in (details or {}).items()}
    attributes["vendor_type"] = attribute(vendor_type)
    if urgent is None:
        urgent = is_urgent(vendor_type, *(v for v in attributes.values() if isinstance(v, str)))
    if urgent:
        attributes["urgent"] = True
    return Event("unknown_vendor_event", at_ms, state, attributes, time_quality, 0, source)


def flagged(observations: tuple[Observation, ...], flag: Quality) -> tuple[Observation, ...]:
    """Return the observations with one more reason to doubt them."""
    return tuple(msgspec.structs.replace(one, quality=one.quality | int(flag)) for one in observations)
