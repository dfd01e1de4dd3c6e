"""The parts of a rule: what a value means, which values say nothing, under what conditions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from anhu.contract.meaning import CALLS
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.vendor_words import word_meaning
from gateway.mapping.marked_yaml import MappingError, Node
from gateway.mapping.paths import path_of
from gateway.mapping.rules import Condition, Meanings, Says, as_word
from gateway.mapping.section import Section, choice_of, items_of, text_of

MOST_VALUES = 500
_NOTHING = "nothing"
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?")
_EVENTS = sorted(code for code, row in QUANTITIES.items() if row.kind is Kind.EVENT)
_ONLY_ON = frozenset({"sos"})


def quantity_of(node: Node) -> str:
    """Return the code of a number of the quantity table. Raises `MappingError`, naming the nearest."""
    return choice_of(node, sorted(code for code, row in QUANTITIES.items() if row.kind is Kind.SCALAR))


def says_of(node: Node) -> tuple[Says, ...]:
    """Return what a value says: ``sos``, ``contact off``, several in a list, or ``nothing``."""
    if isinstance(node.value, str) and node.value == _NOTHING:
        return ()
    return tuple(_one(each) for each in items_of(node, at_most=8))


def _one(node: Node) -> Says:
    kind, _, state = text_of(node).partition(" ")
    if kind not in _EVENTS:
        choice_of(Node(node.place, node.field, kind, node.is_plain), [*_EVENTS, _NOTHING])
    state = state.strip() or "on"
    if state not in {"on", "off"}:
        raise node.wrong(f"{kind} on, or {kind} off", zh=f"{kind} on 或 {kind} off")
    if kind in _ONLY_ON and state == "off":
        raise node.wrong(f"{kind}, or {_NOTHING}: a call is not taken back", zh=f"{kind} 或 {_NOTHING}：呼叫不会撤回")
    return Says(kind, state)


def values_of(section: Section, read: Callable[[Node], tuple[Any, ...]]) -> Meanings | None:
    """Read what single values and ranges mean: ``2: fall``, ``1..99: presence``; None where nothing is said."""
    if "values" not in section:
        return None
    exact: dict[str, tuple[Any, ...]] = {}
    ranges: list[tuple[float, float, tuple[Any, ...]]] = []
    for word, node in section.pairs("values", at_most=MOST_VALUES):
        told = read(node)
        if not told:
            _require_no_call(word, node)
        if (match := _RANGE.fullmatch(word)) and word != "..":
            low, high = (
                float(edge) if edge else infinite for edge, infinite in zip(match.groups(), _ENDS, strict=True)
            )
            ranges.append((low, high, told))
        elif as_word(word) in exact:
            raise MappingError(node.place, node.field, word, "each value once: upper and lower case are the same")
        else:
            exact[as_word(word)] = told
    return Meanings(exact, ranges)


_ENDS = (float("-inf"), float("inf"))


def _require_no_call(word: str, node: Node) -> None:
    meaning = word_meaning(word)
    if meaning.alarm and meaning.kind in CALLS:
        raise MappingError(
            node.place, node.field, _NOTHING, f"an event: {word!r} reads like a call for help", zh="事件：该值像是求助"
        )


def words_of(section: Section, name: str) -> frozenset[str]:
    """Return single values, as they are compared; an empty text and null may be among them."""
    found = section.items(name, at_most=MOST_VALUES)
    for node in found:
        if not isinstance(node.value, str):
            raise node.wrong("a single value", zh="单个值")
    return frozenset(as_word(node.value) for node in found if isinstance(node.value, str))


def conditions_of(section: Section, name: str) -> tuple[Condition, ...]:
    """Read ``when: {type: heart, "$topic[1]": [a, b]}``: each path must find one of its values."""
    found = []
    for key, node in section.pairs(name, at_most=8):
        path = path_of(Node(node.place, node.field, key, is_plain=True))
        words = frozenset(as_word(text_of(one)) for one in items_of(node, at_most=MOST_VALUES))
        found.append(Condition(path, words))
    return tuple(found)


def calls(meanings: Meanings | None, bits: dict[int, tuple[Says, ...]] | None, always: tuple[Says, ...]) -> bool:
    """Tell whether one of the meanings is a call for help."""
    told = [always]
    if meanings is not None:
        told += [*meanings.exact.values(), *(says for _, _, says in meanings.ranges)]
    told += (bits or {}).values()
    return any(says.kind in CALLS and says.state == "on" for one in told for says in one)
