"""One expression of a template, such as ``value_json.x | float(0)``, read from left to right."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from anhu.contract.errors import DecodeError
from gateway.codecs.home_assistant_discovery.operations import ABSENT, FILTERS, OPERATORS, attribute_of, is_true

_MOST_DEPTH = 24
_MOST_TOKENS = 256
_MOST_SHOWN = 60
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>'[^'\\]*'|\"[^\"\\]*\")"
    r"|(?P<sign>==|!=|<=|>=|[-+*/~<>|.,()\[\]])|(?P<end>\Z)|(?P<other>.))",
    re.DOTALL,
)
_LEVELS: Sequence[frozenset[str]] = (
    frozenset({"==", "!=", "<", ">", "<=", ">=", "in"}),
    frozenset({"+", "-", "~"}),
    frozenset({"*", "/"}),
)
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}


class Given(NamedTuple):
    """What a template is asked about: a state as text, and as JSON (`ABSENT` where it is none)."""

    value: str
    value_json: object


Meaning = Callable[[Given], object]


def refuse(what: str) -> NoReturn:
    """Raise for what is not understood, by its name."""
    raise DecodeError("value_template", what.strip()[:_MOST_SHOWN], "what this gateway understands of templates")


def always(value: object) -> Meaning:
    """Return what means the same whatever is said."""
    return lambda _given: value


class _Tokens:
    """The words and signs of an expression, one after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = [(m.lastgroup or "end", m[0].strip()) for m in _TOKEN.finditer(text)]
        self._at = self._depth = 0
        if len(self._tokens) > _MOST_TOKENS:
            refuse(f"{len(self._tokens)} words and signs in one expression")
        for kind, one in self._tokens:
            if kind == "other" and one:
                refuse(one)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _has(self, *words: str) -> bool:
        """Take one of these words where it comes next."""
        if self._peek()[0] in {"sign", "name"} and self._peek()[1] in words:
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._has(word):
            refuse(f"{self._peek()[1]} where {word} was expected")


class Expression(_Tokens):
    """An expression, taken apart."""

    def whole(self) -> Meaning:
        """Return what it means, if nothing is left behind it."""
        found = self._choice()
        if self._peek()[0] != "end":
            refuse(self._peek()[1])
        return found

    def _choice(self) -> Meaning:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            refuse("brackets within brackets")
        found = self._either()
        if self._has("if"):
            then, test = found, self._either()
            otherwise = self._choice() if self._has("else") else always(ABSENT)
            found = lambda given: then(given) if is_true(test(given)) else otherwise(given)  # noqa: E731 - a closure
        self._depth -= 1
        return found

    def _either(self) -> Meaning:
        found = self._both()
        while self._has("or"):
            found = _either_of(found, self._both())
        return found

    def _both(self) -> Meaning:
        found = self._negated()
        while self._has("and"):
            found = _both_of(found, self._negated())
        return found

    def _negated(self) -> Meaning:
        if self._has("not"):
            inner = self._operated(0)
            return lambda given: not is_true(inner(given))
        return self._operated(0)

    def _operated(self, level: int) -> Meaning:
        if level == len(_LEVELS):
            return self._filtered()
        found = self._operated(level + 1)
        while True:
            sign = self._peek()[1]
            if level == 0 and self._has("is"):
                found = self._tested(found)
            elif level == 0 and sign == "not" and self._has("not"):
                self._need("in")
                found = _applied("not in", found, self._operated(1))
            elif self._peek()[0] in {"sign", "name"} and sign in _LEVELS[level]:
                self._take()
                found = _applied(sign, found, self._operated(level + 1))
            else:
                return found

    def _tested(self, found: Meaning) -> Meaning:
        wanted = not self._has("not")
        _, word = self._take()
        if word == "defined":
            return lambda given: (found(given) is not ABSENT) is wanted
        if word in {"none", "None"}:
            return lambda given: (found(given) is None) is wanted
        refuse(f"is {word}")

    def _filtered(self) -> Meaning:
        found = self._reached()
        while self._has("|"):
            _, name = self._take()
            found = _with_filter(name, found, self._arguments() if self._has("(") else [])
        return found

    def _arguments(self) -> list[Meaning]:
        given: list[Meaning] = []
        while not self._has(")"):
            given.append(self._choice())
            if not self._has(","):
                self._need(")")
                break
        return given

    def _reached(self) -> Meaning:
        if self._has("-"):
            self._depth += 1
            if self._depth > _MOST_DEPTH:
                refuse("- - - …")
            return _applied("-", always(0.0), self._reached())
        found = self._first()
        while True:
            if self._has("."):
                kind, name = self._take()
                if kind != "name":
                    refuse(f".{name}")
                if name == "get" and self._has("("):
                    found = _from_get(found, self._arguments())
                else:
                    found = _inside(found, always(name))
            elif self._has("["):
                found = _inside(found, self._choice())
                self._need("]")
            else:
                return found

    def _first(self) -> Meaning:
        kind, text = self._take()
        if kind == "number":
            return always(float(text) if "." in text else int(text[:18]))
        if kind == "text":
            return always(text[1:-1])
        if text == "(":
            found = self._choice()
            self._need(")")
            return found
        if text == "[":
            return self._listed()
        return self._named(text)

    def _listed(self) -> Meaning:
        parts: list[Meaning] = []
        while not self._has("]"):
            parts.append(self._choice())
            if not self._has(","):
                self._need("]")
                break
        return lambda given: [one(given) for one in parts]

    def _named(self, text: str) -> Meaning:
        if text in _CONSTANTS:
            return always(_CONSTANTS[text])
        if text == "value_json":
            return lambda given: given.value_json
        if text == "value":
            return lambda given: given.value
        if text in {"int", "float"} and self._has("("):
            first, *rest = self._arguments() or [always(ABSENT)]
            return _with_filter(text, first, rest)
        refuse(text or "nothing")


def _either_of(one: Meaning, other: Meaning) -> Meaning:
    return lambda given: found if is_true(found := one(given)) else other(given)


def _both_of(one: Meaning, other: Meaning) -> Meaning:
    return lambda given: other(given) if is_true(found := one(given)) else found


def _applied(sign: str, one: Meaning, other: Meaning) -> Meaning:
    operator = OPERATORS[sign]
    return lambda given: operator(one(given), other(given))


def _with_filter(name: str, found: Meaning, arguments: list[Meaning]) -> Meaning:
    if name not in FILTERS:
        refuse(f"| {name}")
    work, most = FILTERS[name]
    if len(arguments) > most:
        refuse(f"| {name} of {len(arguments)} arguments")
    return lambda given: work(found(given), *(one(given) for one in arguments))


def _inside(found: Meaning, name: Meaning) -> Meaning:
    return lambda given: attribute_of(found(given), name(given))


def _from_get(found: Meaning, arguments: list[Meaning]) -> Meaning:
    if not 1 <= len(arguments) <= 2:  # noqa: PLR2004 - a name, and what to take without it
        refuse(".get of other than one or two arguments")
    name, otherwise = arguments[0], arguments[1] if len(arguments) > 1 else always(None)
    return lambda given: otherwise(given) if (got := attribute_of(found(given), name(given))) is ABSENT else got
