"""Paths into a JSON message: ``data.vitals[*].hr``, ``rows[0]["heart.rate"]``, ``$.id`` from its top, ``$topic[2]``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.mapping.marked_yaml import Node
from gateway.mapping.section import text_of

MOST_STEPS = 8
MOST_FOUND = 2_000
"""Of one path in one message; more is refused, not left out."""
EVERY = object()
Step: TypeAlias = str | int | object
_STEP = re.compile(r'\.?(?:(?P<name>[^.\[\]"\s]+)|\[(?P<index>\d{1,4}|\*)\]|\["(?P<quoted>[^"]+)"\])')
_TOPIC = re.compile(r"\$topic\[(\d{1,2})\]")


@dataclass(frozen=True, slots=True)
class Path:
    """Where in a message something stands.

    Attributes
    ----------
    text : str
        As written.
    steps : tuple
        Names, positions in a list, and `EVERY` element of one.
    from_top : bool
        Counted from the message, also within ``each``.
    level : int
        The level of the topic that is meant; -1 where it is none.
    """

    text: str
    steps: tuple[Step, ...]
    from_top: bool = False
    level: int = -1
    is_named: bool = field(init=False, compare=False, default=False)
    """Whether every step is a name, as nearly all are."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_named", all(isinstance(step, str) for step in self.steps))

    @property
    def is_many(self) -> bool:
        """Whether it may find several values."""
        return EVERY in self.steps

    def find(self, top: object, item: object, topic: str) -> list[Any]:
        """Return the values it finds: none where it matches nothing."""
        if self.level >= 0:
            return topic.split("/")[self.level : self.level + 1]
        value = top if self.from_top else item
        if self.is_named:
            for step in self.steps:
                if not isinstance(value, dict) or step not in value:
                    return []
                value = value[step]
            return [value]
        found = [value]
        for step in self.steps:
            if not found:
                return found
            found = [inner for one in found for inner in _inside(one, step)][: MOST_FOUND + 1]
        return found

    def first(self, top: object, item: object, topic: str) -> Any:  # noqa: ANN401 - a vendor's value may be anything
        """Return the first value it finds; None where it finds none."""
        found = self.find(top, item, topic)
        return found[0] if found else None


def _inside(value: object, step: Step) -> list[object]:
    if isinstance(step, str):
        return [value[step]] if isinstance(value, dict) and step in value else []
    if not isinstance(value, list):
        return []
    return value[step : step + 1] if isinstance(step, int) else value


def path_of(node: Node) -> Path:
    """Read a path. Raises `MappingError`, naming the column within it."""
    text = text_of(node)
    if topic := _TOPIC.fullmatch(text):
        return Path(text, (), level=int(topic[1]))
    from_top = text == "$" or text.startswith(("$.", "$["))
    at, steps = int(from_top), list[Step]()
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (text[at] == "." and not steps and not from_top):
            raise node.wrong(
                f'a path such as data.list[*].hr, ["a.b"], $.id or $topic[2]; character {at + 1} does not fit',
                zh=f'路径，例如 data.list[*].hr、["a.b"]、$.id、$topic[2]；第 {at + 1} 个字符不对',
            )
        steps.append(_step(match))
        at = match.end()
    if len(steps) > MOST_STEPS:
        raise node.wrong(f"at most {MOST_STEPS} steps", zh=f"最多 {MOST_STEPS} 层")
    return Path(text, tuple(steps), from_top=from_top)


def _step(match: re.Match[str]) -> Step:
    if match["index"] == "*":
        return EVERY
    return int(match["index"]) if match["index"] is not None else match["name"] or match["quoted"]


@dataclass(slots=True)
class Covered:
    """Which parts of a message some rule reads."""

    inner: dict[Step, Covered] = field(default_factory=dict)
    whole: bool = False

    def add(self, path: Path) -> None:
        """Take one path more."""
        at = self
        for step in path.steps:
            at = at.inner.setdefault(step, Covered())
        at.whole = True

    def rest(self, value: object, name: str = "") -> Iterator[tuple[str, object]]:
        """Yield name and value of what no path reads, as high up as nothing within is read."""
        if self.whole:
            return
        if isinstance(value, dict):
            for key, one in value.items():
                yield from self._below(key, one, f"{name}.{key}" if name else key)
        elif isinstance(value, list) and self.inner:
            for n, one in enumerate(value):
                yield from self._below(n, one, name)
        elif name:
            yield name, value

    def _below(self, step: Step, value: object, name: str) -> Iterator[tuple[str, object]]:
        found = [one for one in (self.inner.get(step), self.inner.get(EVERY)) if one is not None]
        if not found:
            yield name, value
        elif not any(one.whole for one in found):
            yield from found[0].rest(value, name)
