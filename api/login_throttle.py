"""Slows guessing of passwords down, for each address and name by itself: nobody can keep another one out.

A try is counted before its password is judged, so that a hundred at once are a hundred. A name that exists is treated
like one that does not. Refused tries count for nothing: who waits as long as he is told gets his turn.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from anhu.contract.clock import MINUTE_MS, SECOND_MS

_FREE_TRIES = 5
_FIRST_WAIT_MS = 30 * SECOND_MS
_LONGEST_WAIT_MS = MINUTE_MS
_FORGET_ONE_MS = 2 * MINUTE_MS
_MOST_ADDRESSES = 10_000
_MOST_NAMES = 256


@dataclass(slots=True)
class _Tries:
    count: int = 0
    last_ms: int = 0

    def faded(self, now_ms: int) -> int:
        """Return how many still count: one is forgotten every two minutes."""
        return max(0, self.count - (now_ms - self.last_ms) // _FORGET_ONE_MS)


class LoginThrottle:
    """Counts tries per address and name; the addresses, and an address's names, longest unseen are forgotten first."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, OrderedDict[str, _Tries]] = OrderedDict()
        self._lock = Lock()

    def begin(self, address: str, name: str, now_ms: int) -> int:
        """Count a try that is about to be judged; or return how long it must wait, and count nothing. [ms].

        Five are free; then 30 s must lie between two, then 60 s.
        """
        with self._lock:
            tries = self._tries(address, name)
            tries.last_ms = min(tries.last_ms, now_ms)  # a clock that was set back makes nobody wait for it
            count = tries.faded(now_ms)
            if count >= _FREE_TRIES:
                between_ms = _FIRST_WAIT_MS if count == _FREE_TRIES else _LONGEST_WAIT_MS
                if (wait_ms := tries.last_ms + between_ms - now_ms) > 0:
                    return wait_ms
            tries.count, tries.last_ms = count + 1, now_ms
            return 0

    def take_back(self, address: str, name: str) -> None:
        """Uncount a try that was never judged."""
        with self._lock:
            tries = self._tries(address, name)
            tries.count = max(0, tries.count - 1)

    def succeeded(self, address: str, name: str) -> None:
        """Forget the tries of a pair: its password was right."""
        with self._lock:
            self._addresses.get(address, OrderedDict()).pop(name, None)

    def _tries(self, address: str, name: str) -> _Tries:
        names = self._addresses.setdefault(address, OrderedDict())
        self._addresses.move_to_end(address)
        tries = names.setdefault(name, _Tries())
        names.move_to_end(name)
        if len(names) > _MOST_NAMES:
            names.popitem(last=False)
        if len(self._addresses) > _MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        return tries
