"""The part of Home Assistant's templates that devices announce, and nothing more: read here, never run as a program.

Understood are ``value`` and ``value_json`` with ``.x``, ``['x']``, ``[0]`` and ``.get('x')``; numbers, texts and lists
as they stand; ``+ - * / ~``; comparisons, ``in``, ``and or not``; ``is defined``, ``is none``; ``a if b else c`` and
``{% if %}``; and the filters of `gateway.codecs.home_assistant_discovery.operations`. Anything else is refused by name:
whoever reads the states then goes by what their fields are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from anhu.contract.errors import DecodeError
from gateway.codecs.home_assistant_discovery.expression import Expression, Meaning, always, refuse
from gateway.codecs.home_assistant_discovery.operations import ABSENT, is_true, text_of

MOST_CHARS = 1_024
_MOST_DEPTH = 24
_PIECE = re.compile(r"\{\{-?(.*?)-?\}\}|\{%-?(.*?)-?%\}", re.DOTALL)
_NAMED = re.compile(
    r"value_json\s*(?:\.\s*(?!get\s*\()(\w+)|\[\s*['\"]([^'\"]+)['\"]|\.\s*get\s*\(\s*['\"]([^'\"]+)['\"])"
)


@lru_cache(maxsize=4_096)
def compiled(template: str) -> Meaning:
    """Return what a template takes from a state.

    Raises
    ------
    DecodeError
        Naming what of it is not understood.
    """
    if len(template) > MOST_CHARS:
        raise DecodeError("value_template", f"{len(template)} characters", f"at most {MOST_CHARS}")
    pieces = _Pieces(template)
    found = pieces.until(frozenset())
    if pieces.ended_by:
        refuse(pieces.ended_by)
    return found


@lru_cache(maxsize=4_096)
def fields_of(template: str) -> frozenset[str]:
    """Return the fields of the state's JSON that a template names: nobody else need look at them."""
    return frozenset(dotted or bracketed or got for dotted, bracketed, got in _NAMED.findall(template))


class _Pieces:
    """Texts, ``{{ … }}`` and ``{% if … %}`` of a template, one after the other."""

    def __init__(self, template: str) -> None:
        self._pieces = _split(template)
        self._depth = 0
        self.ended_by = ""

    def until(self, ends: frozenset[str]) -> Meaning:
        """Return what the pieces mean up to a statement that is one of `ends`; that one is in `ended_by`."""
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            refuse("if within if within if …")
        made: list[Meaning] = []
        self.ended_by = ""
        for kind, text in self._pieces:
            if kind == "text":
                if text.strip():
                    made.append(always(text.strip()))
            elif kind == "output":
                made.append(Expression(text).whole())
            elif text.split(None, 1)[:1] == ["if"]:
                made.append(self._condition(text.strip()[2:]))
                self.ended_by = ""
            else:
                self.ended_by = text.strip()
                if self.ended_by.split(None, 1)[0] not in ends:
                    refuse(f"{{% {self.ended_by}")
                break
        self._depth -= 1
        return _joined(made)

    def _condition(self, asked: str) -> Meaning:
        test = Expression(asked).whole()
        then, otherwise = self.until(frozenset({"elif", "else", "endif"})), always(ABSENT)
        ended = self.ended_by.split(None, 1)
        if ended[:1] == ["elif"] and len(ended) > 1:
            otherwise = self._condition(ended[1])
        elif ended == ["else"]:
            otherwise = self.until(frozenset({"endif"}))
        if not self.ended_by:
            refuse("{% if without endif")
        return lambda given: then(given) if is_true(test(given)) else otherwise(given)


def _split(template: str) -> Iterator[tuple[str, str]]:
    at = 0
    for found in _PIECE.finditer(template):
        yield "text", template[at : found.start()]
        at = found.end()
        if found[1] is not None:
            yield "output", found[1]
        elif found[2].strip():
            yield "statement", found[2]
    rest = template[at:]
    if "{{" in rest or "{%" in rest or "{#" in rest:
        refuse(rest)
    yield "text", rest


def _joined(made: list[Meaning]) -> Meaning:
    """Return one piece's value as it is, several as one text."""
    if len(made) == 1:
        return made[0]
    if not made:
        return always(ABSENT)
    return lambda given: "".join(text_of(one(given)) for one in made)[:MOST_CHARS]
