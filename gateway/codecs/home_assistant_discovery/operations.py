"""What a template may do with values: each operation gives a value or `ABSENT`, whatever it is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

_MOST_CHARS = 1_024
_MOST_DIGITS = 9


class _Absent:
    """Says that there is no such value: what is made of it is nothing either."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


def attribute_of(value: object, name: object) -> object:
    """Return what stands under a name, or at a place; `ABSENT` where nothing does."""
    if isinstance(value, dict) and isinstance(name, str):
        return value.get(name, ABSENT)
    if isinstance(value, list) and type(name) is int and -len(value) <= name < len(value):
        return value[name]
    return ABSENT


def is_true(value: object) -> bool:
    """Tell whether a value counts as true, as in templates: nothing, zero and what is empty does not."""
    return value is not ABSENT and bool(value)


def text_of(value: object) -> str:
    """Return a value as a template prints it."""
    if value is ABSENT:
        return ""
    if isinstance(value, str):
        return value[:_MOST_CHARS]
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()[:_MOST_CHARS]
    return str(value)[:_MOST_CHARS]


def _number(value: object) -> float | None:
    if not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _float(value: object, default: object = ABSENT) -> object:
    found = _number(value)
    return default if found is None else found


def _int(value: object, default: object = ABSENT) -> object:
    found = _number(value)
    return default if found is None else int(found)


def _round(value: object, digits: object = 0) -> object:
    found = _number(value)
    if found is None or type(digits) is not int or abs(digits) > _MOST_DIGITS:
        return ABSENT
    return round(found, digits)


def _default(value: object, instead: object = "", of_false: object = False) -> object:  # noqa: FBT002 - by position there
    return instead if value is ABSENT or (is_true(of_false) and not is_true(value)) else value


def _iif(value: object, then: object = True, otherwise: object = False) -> object:  # noqa: FBT002 - by position there
    return then if is_true(value) else otherwise


def _bool(value: object) -> object:
    word = text_of(value).lower()
    if word in {"true", "yes", "on", "enable", "1"}:
        return True
    return False if word in {"false", "no", "off", "disable", "0"} else ABSENT


def _truncate(value: object, most: object = 255, *_how: object) -> object:
    return value if value is ABSENT or type(most) is not int or most < 0 else text_of(value)[:most]


def _as_text(change: Callable[[str], str]) -> Callable[[object], object]:
    return lambda value: value if value is ABSENT else change(text_of(value))


FILTERS: Mapping[str, tuple[Callable[..., object], int]] = {
    "int": (_int, 1),
    "float": (_float, 1),
    "round": (_round, 1),
    "default": (_default, 2),
    "d": (_default, 2),
    "is_defined": (lambda value: value, 0),
    "iif": (_iif, 2),
    "bool": (_bool, 0),
    "abs": (lambda value: ABSENT if (found := _number(value)) is None else abs(found), 0),
    "lower": (_as_text(str.lower), 0),
    "upper": (_as_text(str.upper), 0),
    "trim": (_as_text(str.strip), 0),
    "string": (_as_text(str), 0),
    "truncate": (_truncate, 4),
}
"""Filter -> what it does, and how many arguments it takes at most. ``is_defined`` keeps `ABSENT`: nothing was said."""


def _of_numbers(work: Callable[[float, float], float]) -> Callable[[object, object], object]:
    def applied(one: object, other: object) -> object:
        if isinstance(one, str) or isinstance(other, str):
            return ABSENT
        left, right = _number(one), _number(other)
        if left is None or right is None:
            return ABSENT
        try:
            found = work(left, right)
        except (ZeroDivisionError, OverflowError):
            return ABSENT
        return found if math.isfinite(found) else ABSENT

    return applied


def _compared(work: Callable[[float, float], bool]) -> Callable[[object, object], object]:
    def applied(one: object, other: object) -> object:
        if isinstance(one, str) or isinstance(other, str):
            return ABSENT
        left, right = _number(one), _number(other)
        return ABSENT if left is None or right is None else work(left, right)

    return applied


def _among(one: object, other: object) -> object:
    if isinstance(other, str):
        return isinstance(one, str) and one in other
    return isinstance(other, dict | list) and one is not ABSENT and not isinstance(one, dict | list) and one in other


OPERATORS: Mapping[str, Callable[[object, object], object]] = {
    "==": lambda one, other: one is not ABSENT and one == other,
    "!=": lambda one, other: one != other,
    "<": _compared(lambda one, other: one < other),
    ">": _compared(lambda one, other: one > other),
    "<=": _compared(lambda one, other: one <= other),
    ">=": _compared(lambda one, other: one >= other),
    "+": _of_numbers(lambda one, other: one + other),
    "-": _of_numbers(lambda one, other: one - other),
    "*": _of_numbers(lambda one, other: one * other),
    "/": _of_numbers(lambda one, other: one / other),
    "~": lambda one, other: (text_of(one) + text_of(other))[:_MOST_CHARS],
    "in": _among,
    "not in": lambda one, other: not is_true(_among(one, other)),
}
