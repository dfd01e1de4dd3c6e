"""Who was looked at while something of fall detection was chosen, and what a figure may therefore call itself."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Final

from alerts.accuracy.row import Chosen

FIRST_RELEASE: Final = ("sisfall/SA0*", "sisfall/SA10", "sisfall/SE0*", "weda_fall/*", "umafall/S05", "umafall/S12")
"""Phases, features and settings of the trees were chosen with these in sight."""
CHOSEN_ON: Final = ("sisfall/*", "weda_fall/*", "umafall/*", "smartfallmm/*")
"""What was chosen since was chosen on the half of these people whose hashed name is even."""


def is_new(person: str) -> bool:
    """Return whether nothing was ever chosen with a person (``set/name``) in sight."""
    if any(fnmatchcase(person, pattern) for pattern in FIRST_RELEASE):
        return False
    return not (any(fnmatchcase(person, pattern) for pattern in CHOSEN_ON) and _is_even(person))


def claim(people: Collection[str]) -> Chosen:
    """Return what figures of these people may call themselves, where the models that judged them never saw them."""
    return Chosen.LEFT_OUT_PEOPLE if all(map(is_new, people)) else Chosen.SAME_PEOPLE


def _is_even(person: str) -> bool:
    return sha256(person.encode()).digest()[0] % 2 == 0
