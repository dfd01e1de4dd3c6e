"""The JSON Schema of the messages that a description reads, for the vendor who made it.

It is as forgiving as the reader is: a field that nobody mapped and a code that nobody knows are no mistakes, they are
kept and shown. What it refuses says nothing that the description knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from anhu.contract.quantities import QUANTITIES
from gateway.mapping.description import Group
from gateway.mapping.loading import Mapped
from gateway.mapping.moments import Moment
from gateway.mapping.paths import Path, Step
from gateway.mapping.rules import Condition, EventRule, Meanings, NumberRule, Says

_LOOSE = {"type": ["number", "string", "boolean", "null"]}
_OTHER = {"title": "any other value: kept as an unknown event"}


def message_schema(mapped: Mapped) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one message of a described device."""
    codec, described = mapped.codec, mapped.description
    topics = ", ".join(codec.mqtt.publish) if codec.mqtt is not None else ""
    about = (
        f"On {topics}. A field, value or kind of message that is not named here is kept and shown as needing a mapping."
    )
    kinds = [] if described.payload == "text" else [_kind(group) for group in described.groups]
    if described.payload != "json":
        kinds.append({"type": ["string", "number", "boolean"], "title": "a bare word"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:anhu:mapping:{codec.name}",
        "title": codec.title,
        "description": about,
        **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}),
    }


def _kind(group: Group) -> dict[str, Any]:
    tree = _Tree()
    for path, about in _fields(group):
        tree.put(path, about)
    needed = [(one.path, {"anyOf": [_word(word) for word in sorted(one.words)]}) for one in group.when]
    for path, about in needed:
        tree.put(path, about, is_needed=True)
    told = {f"{one.path.text}: {', '.join(sorted(one.words))}" for one in group.when}
    title = {"title": "; ".join(sorted(told))} if told else {}
    return {**title, "type": "object", **tree.as_schema()}


def _fields(group: Group) -> Iterator[tuple[Path, dict[str, Any]]]:
    each = group.each
    for path, about in _named(group):
        if path.level >= 0:
            continue
        inner = path if path.from_top or each is None else Path(path.text, (*each.steps, *path.steps))
        yield inner, about


def _named(group: Group) -> Iterator[tuple[Path, dict[str, Any]]]:
    moments = [group.time, *(rule.time for rule in group.rules)]
    yield from ((one, {"title": "passed over"}) for one in group.ignored)
    for path, title in ((group.source, "the sensor behind the device"), (group.message_id, "number of the message")):
        if path is not None:
            yield path, {"title": title, **_LOOSE}
    yield from ((one.path, {"title": f"asked: {_words(one)}"}) for one in group.where)
    yield from ((moment.path, _time(moment)) for moment in moments if moment is not None)
    for event in group.events:
        yield from ((path, {"title": f"told with the event: {name}"}) for name, path in event.attributes.items())
    for number in group.numbers:
        yield from ((one.path, {"title": f"a bad measurement: {_words(one)}"}) for one in number.poor)
    yield from ((rule.path, _event(rule)) for rule in group.events)
    yield from ((rule.path, _number(rule)) for rule in group.numbers)


def _words(condition: Condition) -> str:
    return ", ".join(sorted(condition.words))


def _time(moment: Moment) -> dict[str, Any]:
    zone = f", {moment.zone} where it names no zone" if moment.zone is not None else ""
    return {"title": f"time ({moment.form}{zone})", "type": ["number", "string", "null"]}


def _number(rule: NumberRule) -> dict[str, Any]:
    row = QUANTITIES[rule.quantity]
    parts = [f"times {rule.scale:g}"] if rule.scale != 1.0 else []
    parts += [f"plus {rule.offset:g}"] if rule.offset else []
    absent = ", ".join(sorted(rule.absent - {""}))
    told = "; ".join([" ".join(parts)] * bool(parts) + [f"not measured: {absent}"] * bool(absent))
    about: dict[str, Any] = {"title": f"{rule.quantity}: {row.en} / {row.zh} [{row.unit}]", **_LOOSE}
    if told:
        about["description"] = told
    if rule.meanings is not None:
        about["anyOf"] = [
            *_meanings(rule.meanings, lambda said: f"{said[0]:g}"),
            {"title": "any other value: not read"},
        ]
    return about


def _event(rule: EventRule) -> dict[str, Any]:
    if rule.bits is not None:
        told = "; ".join(f"bit {bit}: {_says(said)}" for bit, said in rule.bits.items())
        return {"title": "events, a bit each", "description": told, "type": ["integer", "string", "null"]}
    if rule.meanings is not None:
        return {"title": "event", "anyOf": [*_meanings(rule.meanings, _says), _OTHER]}
    return {"title": _says(rule.always)}


def _says(said: Sequence[Says]) -> str:
    return " and ".join(f"{one.kind} {one.state}" for one in said) or "nothing"


def _meanings(meanings: Meanings, told: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - of what a rule gives
    for word, said in meanings.exact.items():
        yield {"title": told(said), **_word(word)}
    for low, high, said in meanings.ranges:
        ends = {"minimum": low, "maximum": high}
        yield {"title": told(said), **{name: end for name, end in ends.items() if abs(end) != float("inf")}}


def _word(word: str) -> dict[str, Any]:
    """Return what equals a word: upper and lower case are alike, and 2, 2.0 and "2" are one."""
    try:
        number = float(word)
        return {"enum": [int(number) if number.is_integer() else number, word]}
    except ValueError:
        pass
    if word in {"true", "false"}:
        return {"enum": [word == "true", word, word.upper(), word.title()]}
    letters = "".join(f"[{c.upper()}{c}]" if c.upper() != c and len(c.upper()) == 1 else _plain(c) for c in word)
    return {"type": "string", "pattern": f"^\\s*{letters}\\s*$", "examples": [word]}


def _plain(letter: str) -> str:
    return f"\\{letter}" if letter in r"\^$.|?*+()[]{}/" else letter


@dataclass(slots=True)
class _Tree:
    """What is known of one place of a message, and of the places within it."""

    about: dict[str, Any] = field(default_factory=dict)
    inner: dict[str, _Tree] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    element: _Tree | None = None

    def put(self, path: Path, about: dict[str, Any], *, is_needed: bool = False) -> None:
        at = self
        for step in path.steps:
            at = at.step(step, is_needed=is_needed)
        if at is not self:
            at.about = {**at.about, **about} if is_needed else about

    def step(self, step: Step, *, is_needed: bool) -> _Tree:
        if not isinstance(step, str):
            self.element = self.element or _Tree()
            return self.element
        if is_needed and step not in self.needed:
            self.needed.append(step)
        return self.inner.setdefault(step, _Tree())

    def as_schema(self) -> dict[str, Any]:
        made = dict(self.about)
        if self.inner:
            made["properties"] = {name: one.as_schema() for name, one in self.inner.items()}
        if self.needed:
            made["required"] = self.needed
        if self.element is not None:
            made["items"] = self.element.as_schema()
        return made
