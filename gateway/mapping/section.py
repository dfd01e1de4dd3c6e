"""A mapping of a description, read name by name; a name that nobody asked for is a mistake."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from gateway.mapping.marked_yaml import MappingError, Node


class Section:
    """Reads the names of one mapping, each once.

    Parameters
    ----------
    node : Node
        The mapping.
    names : sequence of str
        Every name that may stand in it.

    Raises
    ------
    MappingError
        If it is no mapping, or holds another name; the nearest one that may stand there is told.
    """

    def __init__(self, node: Node, names: Sequence[str]) -> None:
        if not isinstance(node.value, dict):
            raise node.wrong(f"a mapping with {', '.join(names)}", zh=f"映射，可含 {'、'.join(names)}")
        self.node = node
        self._values = node.value
        for name, value in node.value.items():
            if name not in names:
                near = get_close_matches(name, names, n=1)
                expected = f"{near[0]}?" if near else f"one of {', '.join(names)}"
                raise MappingError(value.place, node.field, name, expected, zh=near[0] if near else "、".join(names))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str) -> Node | None:
        """Return what stands under a name; None where nothing does."""
        return self._values.get(name)

    def needed(self, name: str) -> Node:
        """Return what stands under a name. Raises `MappingError` where nothing does."""
        found = self._values.get(name)
        if found is None:
            raise MappingError(self.node.place, self.node.field, f"no {name}", f"{name}: …", zh=f"缺少 {name}")
        return found

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        found = self._values.get(name)
        if found is None and default is not None:
            return default
        return text_of(found if found is not None else self.needed(name))

    def number(self, name: str, default: float) -> float:
        """Return a finite number."""
        found = self._values.get(name)
        return default if found is None else number_of(found)

    def items(self, name: str, *, at_most: int) -> list[Node]:
        """Return the values of a list; one value alone is a list of one."""
        found = self._values.get(name)
        return [] if found is None else items_of(found, at_most=at_most)

    def pairs(self, name: str, *, at_most: int) -> Iterator[tuple[str, Node]]:
        """Yield the names and values of a mapping under a name."""
        found = self._values.get(name)
        if found is None:
            return
        if not isinstance(found.value, dict) or len(found.value) > at_most:
            raise found.wrong(f"a mapping of at most {at_most} entries", zh=f"最多 {at_most} 项的映射")
        yield from found.value.items()


def items_of(node: Node, *, at_most: int) -> list[Node]:
    """Return the values of a list; one value alone is a list of one."""
    found = node.value if isinstance(node.value, list) else [node]
    if len(found) > at_most:
        raise node.wrong(f"at most {at_most} entries", zh=f"最多 {at_most} 项")
    return found


def text_of(node: Node) -> str:
    """Return a text that says something. Raises `MappingError`."""
    if not isinstance(node.value, str) or not node.value.strip():
        raise node.wrong("a text", zh="文字")
    return node.value


def number_of(node: Node) -> float:
    """Return a finite number. Raises `MappingError`."""
    try:
        found = float(node.value) if isinstance(node.value, str) and node.is_plain else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise node.wrong("a finite number without quotes", zh="不带引号的有限数值")
    return found


def choice_of(node: Node, among: Sequence[str]) -> str:
    """Return one of some words. Raises `MappingError`, naming the nearest."""
    text = text_of(node)
    if text not in among:
        near = get_close_matches(text, among, n=3)
        expected = f"{' or '.join(near)}?" if near else f"one of {', '.join(among)}"
        raise node.wrong(expected, zh="或".join(near) if near else "、".join(among))
    return text
