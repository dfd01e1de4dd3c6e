"""Slows guessing of passwords from one address down; accounts have their own lock in the database."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from anhu.contract.clock import MINUTE_MS

_MAX_ADDRESSES = 10_000


class LoginThrottle:
    """Counts failed logins per address in a sliding stretch of time.

    Parameters
    ----------
    failures : int
        How many are allowed within the stretch.
    within_ms : int
        Its length. [ms]
    """

    def __init__(self, *, failures: int = 30, within_ms: int = 10 * MINUTE_MS) -> None:
        self._failures = failures
        self._within_ms = within_ms
        self._at_ms: OrderedDict[str, list[int]] = OrderedDict()
        self._lock = Lock()

    def wait_ms(self, address: str, now_ms: int) -> int:
        """Return how long this address must wait before it may try again; 0 mostly. [ms]."""
        with self._lock:
            recent = self._recent(address, now_ms)
            if len(recent) < self._failures:
                return 0
            return recent[-self._failures] + self._within_ms - now_ms

    def failed(self, address: str, now_ms: int) -> None:
        """Count a failed login; the addresses longest unseen are forgotten first."""
        with self._lock:
            self._at_ms[address] = [*self._recent(address, now_ms), now_ms][-self._failures :]
            self._at_ms.move_to_end(address)
            while len(self._at_ms) > _MAX_ADDRESSES:
                self._at_ms.popitem(last=False)

    def _recent(self, address: str, now_ms: int) -> list[int]:
        return [at for at in self._at_ms.get(address, ()) if at > now_ms - self._within_ms]
