"""One object for all values that are equal: what many residents have in common is kept once, not once a resident."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import TypeVar, cast

T = TypeVar("T", bound=Hashable)
_KEPT = 16_384
"""Parameters, rules and ranges of values come in some hundred kinds; beyond this the oldest are made anew."""


def one_of(value: T) -> T:
    """Return an object that is equal to a value that never changes: the same one for all who ask."""
    return cast("T", _first_of(type(value), value))


@lru_cache(maxsize=_KEPT)
def _first_of(_kind: type, value: Hashable) -> Hashable:
    return value
