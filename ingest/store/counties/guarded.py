"""One county's store, asked so that it holds up nobody who asks another: few wait for it at once, and none for long.

A store that did not answer is not asked again for some seconds; then one question tries it. Whoever asks meanwhile is
told at once, and since when it is away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from anhu.contract.clock import SECOND_MS, Clock
from ingest.store.port import StoreQuery, StoreUnavailableError

_MOST_AT_ONCE = 8
_PLACE_WITHIN_S = 2.0
_REST_MS = 5 * SECOND_MS
_T = TypeVar("_T")


class GuardedStore:
    """A store of a county.

    Attributes
    ----------
    away_since_ms : int
        When it first did not answer; 0 while it does. [ms]
    """

    def __init__(self, name: str, query: StoreQuery, clock: Clock) -> None:
        self.name, self._query, self._clock = name, query, clock
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._is_tried = False
        self._failed_ms = 0
        self._reason = ""
        self.away_since_ms = 0

    def ask(self, question: Callable[[StoreQuery], _T]) -> _T:
        """Return the answer. Raises `StoreUnavailableError`, at once where the store is known to be away."""
        with self._place():
            try:
                answer = question(self._query)
            except StoreUnavailableError as error:
                raise self._failed(str(error)) from error
        self.away_since_ms = 0
        return answer

    def close(self) -> None:
        """Close connections."""
        self._query.close()

    @contextmanager
    def _place(self) -> Iterator[None]:
        is_trial = self._may_try()
        if not self._places.acquire(timeout=_PLACE_WITHIN_S):
            raise StoreUnavailableError(f"store {self.name}: too many questions wait for it")
        try:
            yield
        finally:
            self._places.release()
            if is_trial:
                self._is_tried = False

    def _may_try(self) -> bool:
        """Tell whether this question tries a store that was away. Raises `StoreUnavailableError`."""
        with self._lock:
            if not self.away_since_ms:
                return False
            if self._is_tried or abs(self._clock.now_ms() - self._failed_ms) < _REST_MS:
                raise StoreUnavailableError(self._reason, away_since_ms=self.away_since_ms)
            self._is_tried = True
            return True

    def _failed(self, why: str) -> StoreUnavailableError:
        with self._lock:
            self._failed_ms = self._clock.now_ms()
            self.away_since_ms = self.away_since_ms or self._failed_ms
            self._reason = f"store {self.name}: {why}"
            return StoreUnavailableError(self._reason, away_since_ms=self.away_since_ms)
