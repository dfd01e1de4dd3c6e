"""Slows down whoever keeps failing to log in, without locking out the good devices behind the same address.

Carriers put thousands of watches behind one address, so a blocked address would silence people who did nothing: their
logins wait a moment instead, and only a flood of waiting ones is refused.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

_MAX_ADDRESSES = 100_000


class LoginVerdict(Enum):
    """What to do with a login."""

    CHECK = "check"
    SLOW = "slow"
    REFUSE = "refuse"


class LoginGuard:
    """Counts failed logins by address over a sliding time.

    Parameters
    ----------
    failed_logins : int
        So many within the window before an address is slowed.
    window_s : float
        How long a failed login counts. [s]
    max_slow_logins : int
        Slowed logins of one address that may wait at once; more are refused.
    """

    def __init__(self, *, failed_logins: int, window_s: float, max_slow_logins: int) -> None:
        self._failed_logins, self._window_s, self._max_slow_logins = failed_logins, window_s, max_slow_logins
        self._failures: dict[str, deque[float]] = {}
        self._slowed: dict[str, int] = {}

    def judge(self, address: str, now_s: float) -> LoginVerdict:
        """Say how to treat a login from this address. [s]."""
        failures = self._failures.get(address)
        if failures is None:
            return LoginVerdict.CHECK
        while failures and failures[0] <= now_s - self._window_s:
            failures.popleft()
        if not failures:
            del self._failures[address]
        if len(failures) < self._failed_logins:
            return LoginVerdict.CHECK
        if self._slowed.get(address, 0) >= self._max_slow_logins:
            return LoginVerdict.REFUSE
        return LoginVerdict.SLOW

    def failed(self, address: str, now_s: float) -> None:
        """Count a failed login. [s]."""
        if address not in self._failures and len(self._failures) >= _MAX_ADDRESSES:
            del self._failures[next(iter(self._failures))]
        self._failures.setdefault(address, deque(maxlen=self._failed_logins)).append(now_s)

    def slow_begins(self, address: str) -> None:
        """Count a login that waits."""
        self._slowed[address] = self._slowed.get(address, 0) + 1

    def slow_ends(self, address: str) -> None:
        """Count it as done."""
        left = self._slowed.pop(address, 1) - 1
        if left > 0:
            self._slowed[address] = left
