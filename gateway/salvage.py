"""A second look at what a codec refused: what can be understood goes on, and what reads like a call is never silent."""

from __future__ import annotations

import logging
from itertools import islice
from typing import TypeVar

import msgspec

from anhu.contract import topics
from anhu.contract.clock import MINUTE_MS
from anhu.contract.encodings import MOST_BYTES, as_text, stripped
from anhu.contract.errors import FieldError
from anhu.contract.meaning import is_call
from anhu.contract.mending import Mended, as_json, mended, objects_inside
from anhu.contract.observation import AttributeValue, Event, Observation, TimeQuality, one_by_one
from anhu.contract.printable import printable
from gateway.codec import Codec, Frame
from gateway.counters import IntakeCounters
from gateway.refused_words import call_in, says_well, word_for_help, word_in, word_of_route

REFUSED = "refused message"
"""Vendor type of the event that says so."""
_SHOWN_CHARS = 160
_LOOKED_AT = 614_400
"""Of a device's messages that its codec refused, each as if it had a kilobyte more: a look costs a thousand times
what an ordinary message does. [byte/min]"""
_GLANCE_BYTES = 512
_MOST_INSIDE = 32
_CALL_APART_MS = MINUTE_MS
_MOST_DEVICES = 50_000
_Kept = TypeVar("_Kept")
_logger = logging.getLogger(__name__)


class Salvage:
    """Understands refused messages as far as possible, each device within its bounds.

    Parameters
    ----------
    counters : IntakeCounters
        ``salvaged``, ``refused_calls`` and ``refused_unseen``.
    """

    def __init__(self, counters: IntakeCounters) -> None:
        self._counters = counters
        self._looks: dict[str, tuple[int, int]] = {}
        self._called_ms: dict[str, int] = {}

    def of(self, frame: Frame, codec: Codec | None, reason: str) -> tuple[Observation, ...]:
        """Return what goes on of a refused message: what was understood, or that it reads like a call."""
        if frame.retained:
            return ()
        if not self._may_look(frame):
            self._counters.refused_unseen += 1
            glance = frame.payload[:_GLANCE_BYTES] + b" " + frame.payload[_GLANCE_BYTES:][-_GLANCE_BYTES:]
            return self._call(frame, word_for_help(glance), reason)
        clean = mended(frame.payload)
        found = _understood(frame, codec, clean) if codec is not None else ()
        if found:
            self._counters.salvaged += 1
        if _has_call(found):
            return found
        return (*found, *self._call(frame, _call_word(frame, codec, clean), reason))

    def _may_look(self, frame: Frame) -> bool:
        since_ms, looked_at = self._looks.get(frame.device_id, (frame.received_at_ms, 0))
        if not 0 <= frame.received_at_ms - since_ms < MINUTE_MS:
            since_ms, looked_at = frame.received_at_ms, 0
        looked_at += 1_024 + min(len(frame.payload), MOST_BYTES)
        _keep(self._looks, frame.device_id, (since_ms, looked_at))
        return looked_at <= _LOOKED_AT

    def _call(self, frame: Frame, word: str, reason: str) -> tuple[Event, ...]:
        """Return the event that a refused message reads like a call: once a minute for a device; others are counted."""
        if not word:
            return ()
        last_ms = self._called_ms.get(frame.device_id)
        if last_ms is not None and 0 <= frame.received_at_ms - last_ms < _CALL_APART_MS:
            self._counters.refused_unseen += 1
            return ()
        _keep(self._called_ms, frame.device_id, frame.received_at_ms)
        self._counters.refused_calls += 1
        about: dict[str, AttributeValue] = {
            "vendor_type": REFUSED,
            "urgent": True,
            "word": shown(word),
            "said": shown(as_text(frame.payload[: 4 * _SHOWN_CHARS])),
            "reason": shown(reason),
        }
        return (Event("unknown_vendor_event", frame.received_at_ms, "on", about, TimeQuality.RECEIVED),)


def shown(text: str) -> str:
    """Return the beginning of a text with everything that is not printable escaped."""
    return printable(text[:_SHOWN_CHARS])


def _call_word(frame: Frame, codec: Codec | None, clean: Mended) -> str:
    """Return what of a message that nobody understands reads like a call: its fields, its words, or where it came."""
    word = next((word for one in clean.objects if (word := call_in(one))), "") or word_in(clean.rest)
    if not clean.objects:
        word = word or word_for_help(frame.payload)
    word = word or _beside_another_encoding(frame.payload[:MOST_BYTES])
    if word or says_well(frame.payload):
        return word
    urgent = codec.mqtt.urgent if codec is not None and codec.mqtt is not None else ()
    if any(topics.matches(topics.for_device(one, frame.device_id), frame.route) for one in urgent):
        return frame.route
    return word_of_route(frame.route) if not clean.objects else ""


def _beside_another_encoding(payload: bytes) -> str:
    """Return the word for help in what is UTF-8 of bytes that are not, as a whole: another encoding's field in it."""
    rest = payload.decode("utf-8", "ignore")
    return "" if len(rest.encode()) == len(payload) else word_in(rest)


def _understood(frame: Frame, codec: Codec, clean: Mended) -> tuple[Observation, ...]:
    """Return what a codec understands of a message by itself: of each of its objects, else of what is inside them."""
    if not clean.objects:
        bare = {frame.payload.rstrip(b"\0"), frame.payload.rstrip(b"\r\n"), stripped(frame.payload)} - {frame.payload}
        return next((found for one in bare if (found := _read(frame, codec, one))), ())
    found = tuple(one for each in clean.objects for one in _read(frame, codec, as_json(each)))
    if _has_call(found):
        return found
    inside = islice((one for each in clean.objects for one in objects_inside(each)), _MOST_INSIDE)
    called = (call for one in inside if _has_call(call := _read(frame, codec, as_json(one))))
    return (*found, *next(called, ()))


def _has_call(found: tuple[Observation, ...]) -> bool:
    return any(type(one) is Event and one.state == "on" and is_call(one) for one in found)


def _read(frame: Frame, codec: Codec, clean: bytes) -> tuple[Observation, ...]:
    for decode in (codec.decode, codec.salvage):
        try:
            found = decode(msgspec.structs.replace(frame, payload=clean)) if decode is not None else ()
        except FieldError:
            found = ()
        except Exception:
            _logger.exception("codec %s failed on a mended message of device %s", codec.name, frame.device_id)
            found = ()
        if found:
            return one_by_one(found)
    return ()


def _keep(table: dict[str, _Kept], device_id: str, value: _Kept) -> None:
    """Put a value, and let the oldest go when there are too many."""
    if device_id not in table and len(table) >= _MOST_DEVICES:
        del table[next(iter(table))]
    table[device_id] = value
