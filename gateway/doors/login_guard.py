"""Slows down whoever keeps failing to log in, and nobody else.

Carriers put thousands of watches behind one address, and a balancer a whole city. So a right secret is never asked to
wait, whoever else fails behind the same address: only the answer to a wrong one comes late. Who guesses one after the
other learns little; how many may guess at once is bounded by the places that strangers have.
"""

from __future__ import annotations

from collections import deque

_MAX_COUNTED = 20_000
_MAX_NAME_CHARS = 64


class LoginGuard:
    """Counts failed log-ins by address and device over a sliding time.

    Parameters
    ----------
    failed_logins : int
        So many of one address and device within the window, or ten times as many of one address, before the next
        failure is answered late.
    window_s : float
        How long a failed log-in counts. [s]
    """

    def __init__(self, *, failed_logins: int, window_s: float) -> None:
        self._failed_logins, self._window_s = failed_logins, window_s
        self._failures: dict[tuple[str, str], deque[float]] = {}

    def failed(self, address: str, device_id: str, now_s: float) -> bool:
        """Count a failed log-in, and tell whether its answer must wait. [s]."""
        of_both = self._count((address, device_id[:_MAX_NAME_CHARS] or "-"), self._failed_logins, now_s)
        of_all = self._count((address, ""), 10 * self._failed_logins, now_s)
        return of_both or of_all

    def _count(self, key: tuple[str, str], most: int, now_s: float) -> bool:
        failures = self._failures.pop(key, None)
        if failures is None:
            failures = deque(maxlen=most + 1)
            if len(self._failures) >= _MAX_COUNTED:
                del self._failures[next(iter(self._failures))]
        self._failures[key] = failures  # the one that failed last is forgotten last
        while failures and failures[0] <= now_s - self._window_s:
            failures.popleft()
        failures.append(now_s)
        return len(failures) > most
