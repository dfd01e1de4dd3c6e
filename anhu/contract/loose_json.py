"""Reads what only looks like JSON, as far as it goes: single quotes, bare names, commas too many, an end cut off.

A number that is cut off, or not finite, becomes null, because half a number is another number. Of a name that stands
twice in an object, the alarm is kept.
"""

from __future__ import annotations

import json
import re
from typing import Any

from anhu.contract.meaning import said

_MOST_CHARS = 16_384  # it is slow, and nobody may hold up the others by it
_MOST_DEPTH = 16
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_BARE = re.compile(r"[^\s,:{}\[\]\"']+")
_SPACE = r"\s|//[^\n]*|/\*.*?\*/"
_GAP = re.compile(rf"(?:{_SPACE}|,)*", re.DOTALL)
_BLANK = re.compile(rf"(?:{_SPACE})*", re.DOTALL)
_LITERALS = {"true": True, "yes": True, "false": False, "no": False}
_NO_NUMBERS = frozenset({"nan", "infinity", "-infinity", "+infinity", "inf", "-inf", "null", "none", "undefined"})


class _CutOffError(Exception):
    """The text ends within a number."""


def read_loosely(text: str, start: int) -> tuple[object, int]:
    """Return what stands at a place of a text, and where it ends; what is cut off is left out."""
    reader = _Reader(text[start : start + _MOST_CHARS])
    found = reader.read()
    return found, start + max(reader.at, 1)


def merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as an object; of what stands there twice the alarm is kept, and lists are joined."""
    out: dict[str, Any] = {}
    for name, value in pairs:
        out[name] = _joined(out[name], value) if name in out else value
    return out


def _joined(first: object, second: object) -> object:
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, dict) and isinstance(second, dict):
        return merged([*first.items(), *second.items()])
    return first if said(first).alarm or isinstance(first, list | dict) or second in (None, "") else second


class _Reader:
    """One pass over a text.

    Attributes
    ----------
    at : int
        How far it has read. [characters]
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def read(self) -> object:
        """Return what stands at the beginning of the text."""
        try:
            return self._value(0)
        except _CutOffError:
            return None

    def _next(self, gap: re.Pattern[str] = _GAP) -> str:
        found = gap.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return self._text[self.at : self.at + 1]

    def _value(self, depth: int) -> object:
        sign = self._next(_BLANK)
        if sign in ("{", "["):
            if depth < _MOST_DEPTH:
                return self._members(sign, depth)
            self._skip()
            return None
        if sign in (",", "}", "]"):  # there is none
            return None
        return self._string(sign) if sign in ('"', "'") and sign else self._bare()

    def _members(self, sign: str, depth: int) -> object:
        self.at += 1
        pairs: list[tuple[str, Any]] = []
        items: list[Any] = []
        while (mark := self._next()) and mark not in ("}", "]"):
            at = self.at
            try:
                if sign == "[":
                    items.append(self._value(depth + 1))
                else:
                    self._member(pairs, mark, depth)
            except _CutOffError:
                break
            self.at += self.at == at  # never stand still
        self.at += 1
        return items if sign == "[" else merged(pairs)

    def _member(self, pairs: list[tuple[str, Any]], mark: str, depth: int) -> None:
        name = self._string(mark) if mark in ('"', "'") else str(self._bare())
        if self._next(_BLANK) in (":", "="):
            self.at += 1
            pairs.append((name, self._value(depth + 1)))

    def _string(self, quote: str) -> str:
        end = self.at + 1
        while end < len(self._text) and self._text[end] != quote:
            end += 2 if self._text[end] == "\\" else 1
        raw = self._text[self.at + 1 : end]
        self.at = end + 1
        try:
            return str(json.loads(f'"{raw}"', strict=False))
        except ValueError:
            return raw

    def _bare(self) -> object:
        found = _BARE.match(self._text, self.at)
        if found is None:
            return None
        self.at = found.end()
        word = found.group()
        plain = word.lower()
        if plain in _NO_NUMBERS:
            return None
        if _NUMBER.fullmatch(word):
            if self.at >= len(self._text):
                raise _CutOffError
            return float(word) if any(sign in plain for sign in ".e") else int(word[:300])
        return next((value for text, value in _LITERALS.items() if text.startswith(plain)), word)

    def _skip(self) -> None:
        """Step over what is nested too deep."""
        depth = 0
        while self.at < len(self._text):
            sign = self._text[self.at]
            if sign in "\"'":
                self._string(sign)
                continue
            depth += (sign in "{[") - (sign in "}]")
            self.at += 1
            if depth <= 0:
                return
