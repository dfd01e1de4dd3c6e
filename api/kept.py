"""What takes a database seconds, and everybody is told alike: worked out by one who asks, and kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from anhu.contract.clock import MINUTE_MS

LASTS_MS = 10 * MINUTE_MS
"""How old what is told may be. [ms]"""
_V = TypeVar("_V")


class Told(NamedTuple, Generic[_V]):
    """What was found, and when. [ms]."""

    value: _V
    at_ms: int


class Kept(Generic[_V]):
    """Keeps what was found of each question for ten minutes; who asks meanwhile waits for the one who looks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told: dict[Hashable, Told[_V]] = {}

    def ask(self, question: Hashable, look: Callable[[], _V], *, now_ms: int) -> Told[_V]:
        """Return what is kept, or else look."""
        with self._lock:
            told = self._told.get(question)
            if told is None or not told.at_ms <= now_ms < told.at_ms + LASTS_MS:
                told = self._told[question] = Told(look(), now_ms)
            return told
