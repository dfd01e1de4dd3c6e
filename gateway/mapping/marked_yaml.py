"""YAML whose every value knows the line and column that it stands in, read without guessing types.

A text stays as it is written: ``on``, ``no`` and ``007`` are what they look like; who reads them knows what is meant.
Aliases and tags are refused, and size, entries and depth are bounded before a tree is made: a file comes from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import yaml

from anhu.contract.errors import SettingsError

MOST_BYTES = 65_536
MOST_ENTRIES = 4_000
MOST_DEPTH = 12
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class MappingError(SettingsError):
    """A mistake in a description: which file, line and column, what was found, what was expected."""

    def __init__(self, place: Place, field: str, value: object, expected: str, *, zh: str = "") -> None:
        super().__init__(f"{place}: {field}" if field else str(place), value, expected, zh=zh)
        self.place = place
        self._name = field

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.place, self._name, self.value, self.expected)


class _Mark(Protocol):
    """Where YAML's reader was, counted from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; lines and columns are counted from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line} column {self.column}"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file.

    Attributes
    ----------
    field : str
        How it is reached: ``numbers[0].unit``.
    value : str, list or dict
        A text as written, or what it holds.
    is_plain : bool
        A text without quotes.
    """

    place: Place
    field: str
    value: str | list[Node] | dict[str, Node]
    is_plain: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it is YAML's way to say nothing."""
        return self.is_plain and self.value in _NULLS

    def wrong(self, expected: str, *, zh: str = "") -> MappingError:
        """Return the error that this value is not what was expected."""
        kinds = {list: "a list", dict: "a mapping"}
        shown = self.value if isinstance(self.value, str) else kinds[type(self.value)]
        return MappingError(self.place, self.field, shown, expected, zh=zh)


def read_marked(text: str, file: str) -> Node:
    """Return the tree of a file's one document.

    Raises
    ------
    MappingError
        If it is no YAML, too large or too deep, or holds an alias, a tag, or a name twice in one mapping.
    """
    start = Place(file, 1, 1)
    if len(text.encode()) > MOST_BYTES:
        raise MappingError(start, "", f"{len(text.encode())} bytes", f"at most {MOST_BYTES} bytes")
    try:
        _require_bounded(text, file)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(file, mark) if mark is not None else start
        written = (text.splitlines() or [""])[min(place.line, text.count("\n") + 1) - 1 : place.line]
        expected = f"YAML: {error.problem}"
        raise MappingError(place, "", "".join(written).strip(), expected, zh="YAML 格式") from None
    except yaml.reader.ReaderError as error:
        place = _place_of(file, text, error.position)
        raise MappingError(place, "", error.reason, "printable characters in UTF-8", zh="可打印的 UTF-8 字符") from None
    if root is None:
        raise MappingError(start, "", "an empty file", "a description", zh="设备描述")
    return _node(root, file, "")


def _require_bounded(text: str, file: str) -> None:
    depth = entries = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = _place(file, event.start_mark) if event.start_mark is not None else Place(file, 1, 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise MappingError(place, "", "an anchor or alias", "each value written out: & and * are not read")
        if tag := getattr(event, "tag", None):
            raise MappingError(place, "", tag, "no tags: a text is taken as it is written")
        if isinstance(event, yaml.NodeEvent):
            entries += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if entries > MOST_ENTRIES:
            raise MappingError(place, "", "more entries", f"at most {MOST_ENTRIES} entries")
        if depth > MOST_DEPTH:
            raise MappingError(place, "", "deeper nesting", f"at most {MOST_DEPTH} levels")


def _node(node: yaml.Node, file: str, field: str) -> Node:
    place = _place(file, node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return Node(place, field, dict(_pairs(node, file, field)))
    if isinstance(node, yaml.SequenceNode):
        return Node(place, field, [_node(one, file, f"{field}[{n}]") for n, one in enumerate(node.value)])
    return Node(place, field, str(node.value), is_plain=isinstance(node, yaml.ScalarNode) and node.style is None)


def _pairs(node: yaml.MappingNode, file: str, field: str) -> Iterator[tuple[str, Node]]:
    seen: set[str] = set()
    for key, value in node.value:
        place = _place(file, key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise MappingError(place, field, "a list or mapping as a name", "a text")
        if key.value in seen:
            raise MappingError(place, field, key.value, "each name once: only the last would count")
        seen.add(key.value)
        yield key.value, _node(value, file, f"{field}.{key.value}".removeprefix("."))


def _place(file: str, mark: _Mark) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def _place_of(file: str, text: str, position: int) -> Place:
    before = text[:position]
    return Place(file, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def as_json_value(node: Node) -> object:
    """Return a value as JSON would have it; a text without quotes is a number, true, false or null if it looks so."""
    if isinstance(node.value, dict):
        return {name: as_json_value(one) for name, one in node.value.items()}
    if isinstance(node.value, list):
        return [as_json_value(one) for one in node.value]
    return _plain_json(node.value) if node.is_plain else node.value


def _plain_json(text: str) -> object:
    if text in _NULLS:
        return None
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
