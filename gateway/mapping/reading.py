"""A message read by a description: what its rules find, what no rule knows, and what must be mapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from anhu.contract.encodings import as_text
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.meaning import alarms_stand, is_call, is_unmapped, understood
from anhu.contract.observation import Event, Observation, Quality, TimeQuality
from anhu.contract.payload import attribute, flagged, json_object, unknown_event
from gateway.codec import Frame
from gateway.mapping.description import Description
from gateway.mapping.parts import Part, Parted, first, placed, taken_apart
from gateway.mapping.paths import Path
from gateway.mapping.rules import Item

_MOST_OBSERVATIONS = 5_000
_NAMED = 6
MOST_CHARS = 1_024


class MappedReader:
    """Decodes messages by a description; pure, as every codec is."""

    def __init__(self, description: Description) -> None:
        self._told = description
        firsts = {group.each.steps[0] for group in description.groups if group.each is not None and group.each.steps}
        self._takes_lists = any(not isinstance(step, str) for step in firsts)

    def decode(self, frame: Frame) -> tuple[Observation, ...]:
        """Return what a message says.

        Raises
        ------
        DecodeError
            If it is no message of the description: not its form, or no field that a rule reads; such a message is
            kept raw, with this reason.
        """
        top = self._message(frame)
        parted = taken_apart(self._told, frame, top)
        found = [*_by_rules(parted), *self._unexpected(parted)]
        if found or parted.finds or parted.has_kind:
            by_words = tuple(_by_words(parted))
            found = [*(found if parted.open or not any(is_call(one) for one in by_words) else ()), *by_words]
        elif not top or any(True for _ in parted.rest()):
            raise DecodeError("payload", top, f"one of the fields {self._fields()}")
        if len(found) > _MOST_OBSERVATIONS:
            raise DecodeError("payload", f"{len(found)} observations", f"at most {_MOST_OBSERVATIONS} in one message")
        made = alarms_stand(found)
        return flagged(made, Quality.RETAINED) if frame.retained else made

    def unmapped(self, frame: Frame) -> tuple[str, ...]:
        """Return the fields that no rule reads, and times that cannot be read."""
        parted = taken_apart(self._told, frame, self._message(frame))
        names = [name for _, name, value in parted.rest() if is_unmapped(name, value)]
        names += [f"{path.text}={value}" for part in parted.parts for path, value in _unread_times(part)]
        return tuple(dict.fromkeys(names))

    def same(self, frame: Frame) -> tuple[str, int] | None:
        """Return what marks a message: its own number and what it says; None of one that has no number.

        The number alone would not do: in cheap firmware it is always the same.
        """
        try:
            parts = taken_apart(self._told, frame, self._message(frame)).parts
        except FieldError:
            return None
        asked = [(part.item, group.message_id) for part in parts for group in part.groups if group.message_id]
        found = [first(item, path) for item, path in asked]
        if not found or any(one is None or one == "" or isinstance(one, dict | list) for one in found):
            return None
        return f"{found} {hash(frame.payload)}", 0

    def unmatched(self, frames: Sequence[Frame]) -> frozenset[Path]:
        """Return the rules' paths that find nothing in any of some messages: misspelt, or not shown."""
        paths = {rule.path for group in self._told.groups for rule in group.rules}
        for frame in frames:
            try:
                parts = taken_apart(self._told, frame, self._message(frame)).parts
            except FieldError:
                continue
            there = ((part.item, rule.path) for part in parts for group in part.groups for rule in group.rules)
            paths -= {path for item, path in there if item.values(path)}
        return frozenset(paths)

    def _message(self, frame: Frame) -> object:
        begins = frame.payload.lstrip()[:1]
        if self._told.payload == "text" or (self._told.payload == "any" and begins not in {b"{", b"["}):
            text = as_text(frame.payload).strip()
            if len(text) > MOST_CHARS:
                raise DecodeError("payload", text, f"a word of at most {MOST_CHARS} characters")
            return {"text": text}
        if self._takes_lists and begins == b"[":
            return json_object(b'{"":' + frame.payload + b"}")[""]
        return json_object(frame.payload)

    def _unexpected(self, parted: Parted) -> Iterator[Event]:
        """Yield an unknown event for each part whose kind no group has: never nothing, it may be the call."""
        items = [part.item for part in parted.parts if not part.groups] if parted.open else [parted.whole]
        if not items:
            return
        told_apart = (one for group in self._told.groups for one in (*group.when, *group.where))
        paths = dict.fromkeys(condition.path for condition in told_apart if condition.path.level < 0)
        for item in items:
            told = [(path.text, first(item, path)) for path in paths]
            kinds = [f"{name}={attribute(value)}" for name, value in told if value is not None]
            if kinds:
                yield _unknown(item, " ".join(kinds))

    def _fields(self) -> str:
        names = list(dict.fromkeys(rule.path.text for group in self._told.groups for rule in group.rules))
        return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _unknown(item: Item, name: str) -> Event:
    at_ms, received = item.received_at_ms, TimeQuality.RECEIVED
    return unknown_event(name, at_ms=at_ms, time_quality=received, details={"said": item.item})


def _by_rules(parted: Parted) -> Iterator[Observation]:
    for part in parted.parts:
        for group in part.groups:
            mine = placed(part.item, group)
            for rule in group.rules:
                yield from rule.read(mine)


def _by_words(parted: Parted) -> Iterator[Event]:
    """Yield what the words understand of fields that no rule reads: an alarm beside what the maker described."""
    for part, name, value in parted.rest():
        mine = placed(part.item, part.groups[0]) if part.groups else part.item
        found = _understood(name, value, mine.at_ms)
        if found is not None:
            yield msgspec.structs.replace(found, time_quality=mine.time_quality, source=mine.source)


def _understood(name: str, value: object, at_ms: int) -> Event | None:
    """Return what a field is by its own name, or by those around it too where only so it is a call."""
    found, last = None, name.rpartition(".")[2]
    for one in dict.fromkeys((last, name)):
        event = understood(one, value, at_ms)
        if event is not None and is_call(event):
            return event
        found = found or event
    return found


def _unread_times(part: Part) -> Iterator[tuple[Path, object]]:
    for group in part.groups:
        if group.time is not None and (value := first(part.item, group.time.path)) is not None:
            try:
                group.time.read(value)
            except FieldError:
                yield group.time.path, value
