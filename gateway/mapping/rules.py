"""What a value of a message means: a number of a quantity, or an event by the vendor's own code or bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import said, understood
from anhu.contract.observation import AttributeValue, Event, Quality, Scalar, TimeQuality
from anhu.contract.payload import attribute, is_urgent, number, unknown_event
from gateway.mapping.moments import Moment
from gateway.mapping.paths import MOST_FOUND, Path

_MOST_BIT = 63
_MOST_CHARS = 1_024
_NO_WORD = "\0"


class Item(NamedTuple):
    """A part of a message that rules look at: the whole, or one element of ``each``."""

    top: object
    item: object
    topic: str
    received_at_ms: int
    at_ms: int
    time_quality: TimeQuality
    source: str
    message_id: AttributeValue

    def values(self, path: Path) -> list[Any]:
        """Return what a path finds. Raises `DecodeError` for too many."""
        found = path.find(self.top, self.item, self.topic)
        if len(found) > MOST_FOUND:
            raise DecodeError(path.text, f"{len(found)} or more values", f"at most {MOST_FOUND} in one message")
        return found


class Condition(NamedTuple):
    """A path must find one of some words."""

    path: Path
    words: frozenset[str]


class Says(NamedTuple):
    """An event and its state, as a description names it: ``contact off``."""

    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class Meanings:
    """What single values and ranges of numbers mean; nothing at all for a value that says nothing."""

    exact: Mapping[str, tuple[Any, ...]]
    ranges: Sequence[tuple[float, float, tuple[Any, ...]]] = ()

    def of(self, value: object) -> tuple[Any, ...] | None:
        """Return what a value means; None where nobody said."""
        found = self.exact.get(as_word(value))
        if found is None and self.ranges and isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                amount = float(value)
            except (ValueError, OverflowError):
                return None
            found = next((says for low, high, says in self.ranges if low <= amount <= high), None)
        return found


def as_word(value: object) -> str:
    """Return a value as it is compared: 2, 2.0 and "2" are one, TRUE and true too; what is no word equals none."""
    if isinstance(value, str):
        return value.strip().casefold() if len(value) <= _MOST_CHARS else _NO_WORD
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).casefold() if isinstance(value, int | float) else _NO_WORD


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """One quantity: where it stands, and how it becomes the quantity's own unit."""

    path: Path
    quantity: str
    scale: float
    offset: float
    absent: frozenset[str]
    meanings: Meanings | None
    poor: tuple[Condition, ...]
    context: str
    time: Moment | None

    def read(self, item: Item) -> Iterator[Scalar | Event]:
        """Yield the numbers that stand there; one that cannot be read is an unknown event, and costs no other."""
        for value in item.values(self.path):
            if value is None or as_word(value) in self.absent:
                continue
            at_ms, time_quality = time_of(self.time, item)
            try:
                found = self._number(value)
            except FieldError:
                yield unknown_event(
                    self.path.text, at_ms=at_ms, time_quality=time_quality, source=item.source, details={"value": value}
                )
                continue
            poor = any(as_word(one) in words for path, words in self.poor for one in item.values(path))
            quality = int(Quality.DEVICE_POOR) if poor else 0
            yield Scalar(self.quantity, found, at_ms, time_quality, quality, self.context, item.source)

    def _number(self, value: object) -> float:
        if self.meanings is not None:
            told = self.meanings.of(value)
            if told is None:
                raise DecodeError(self.path.text, value, "a value of the description")
            value = told[0]
        found = number(value, self.path.text)
        if self.scale == 1.0 and self.offset == 0.0:
            return found
        return number(f"{found * self.scale + self.offset:.10g}", self.path.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """Events of one value: what each code, word or bit of it means.

    Attributes
    ----------
    always : tuple of Says
        What it says whatever the value is, where neither values nor bits are told.
    bits : mapping or None
        Bit -> what it says when it is set.
    attributes : mapping
        Name -> where its value stands.
    knows_call : bool
        One of the meanings is a call for help: a value that nobody knows may be the next one.
    """

    path: Path
    always: tuple[Says, ...]
    meanings: Meanings | None
    bits: Mapping[int, tuple[Says, ...]] | None
    absent: frozenset[str]
    attributes: Mapping[str, Path]
    knows_call: bool
    time: Moment | None

    def read(self, item: Item) -> Iterator[Event]:
        """Yield what happened; what nobody mapped is an unknown event, urgent where it may be a call."""
        for value in item.values(self.path):
            if value is None or as_word(value) in self.absent:
                continue
            at_ms, time_quality = time_of(self.time, item)
            about = dict(self._about(item))
            for says in self._said(value):
                if says is None:
                    yield self._unknown(value, at_ms, time_quality, item, about)
                else:
                    yield Event(says.kind, at_ms, says.state, about, time_quality, 0, item.source)

    def _said(self, value: object) -> Iterator[Says | None]:
        if self.bits is not None:
            yield from self._set_bits(value)
        elif self.meanings is not None:
            found = self.meanings.of(value)
            yield from (None,) if found is None else found
        else:
            yield from self.always

    def _set_bits(self, value: object) -> Iterator[Says | None]:
        try:
            word = int(number(value, self.path.text)) if not _is_hex(value) else int(str(value), 16)
        except (FieldError, ValueError):
            word = -1
        if word < 0 or word >> (_MOST_BIT + 1):
            yield None
            return
        bits = self.bits or {}
        unknown = False
        for bit in range(word.bit_length()):
            if word >> bit & 1:
                unknown |= bit not in bits
                yield from bits.get(bit, ())
        if unknown:
            yield None

    def _about(self, item: Item) -> Iterator[tuple[str, AttributeValue]]:
        for name, path in self.attributes.items():
            found = item.values(path)
            if found and found[0] is not None:
                value = found[0]
                if name.endswith(("_deg", "_m")):  # a number, or it is left out: a chart cannot place a text
                    try:
                        value = number(value, path.text)
                    except FieldError:
                        continue
                yield name, attribute(value)
        if item.message_id != "":
            yield "message_id", item.message_id

    def _unknown(
        self, value: object, at_ms: int, time_quality: TimeQuality, item: Item, about: Mapping[str, AttributeValue]
    ) -> Event:
        by_words = understood(self.path.text, value, at_ms) if isinstance(value, str) else None
        if by_words is not None and by_words.kind != "unknown_vendor_event" and by_words.state == "on":
            return Event(
                by_words.kind, at_ms, "on", {**about, "vendor_type": attribute(value)}, time_quality, 0, item.source
            )
        urgent = is_urgent(self.path.text, str(value)) or (self.knows_call and said(value).alarm is not False)
        details = {**about, "value": value}
        return unknown_event(
            self.path.text, at_ms=at_ms, time_quality=time_quality, source=item.source, details=details, urgent=urgent
        )


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and value[:2].lower() == "0x"


def time_of(moment: Moment | None, item: Item) -> tuple[int, TimeQuality]:
    """Return the time of a rule's own, or of its message. [ms]."""
    if moment is None:
        return item.at_ms, item.time_quality
    return moment.at(moment.path.first(item.top, item.item, item.topic), item.received_at_ms)
