"""How fast, how often, how much at once."""

from __future__ import annotations

from dataclasses import dataclass

from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from notify.due import FARTHEST_MS

_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, how often, how much at once.

    Attributes
    ----------
    look_s : float
        Between two looks for new work; a look without news costs microseconds on SQLite, one query elsewhere. [s]
    at_once, kept_for_high, per_contact : int
        Messages on their way together; how many of these places only a high one may take; to one contact, where
        high ones do not count the others.
    lease_s : float
        After this a message whose dispatcher died is sent again; longer than any channel's time limit. [s]
    first_wait_s, longest_wait_s : float
        Between attempts: doubles from the first to the longest, each shortened at random by up to a half. [s]
    longest_high_wait_s : float
        The longest wait of a high one: it must arrive soon after a provider's outage. [s]
    attempts : int
        After so many, about 20 minutes, the message has failed: its subject is told (an alert's history says so, and
        the next step of the ladder comes at once). A high one is tried on all the same, while it is needed.
    """

    look_s: float = 0.01
    at_once: int = 32
    kept_for_high: int = 8
    per_contact: int = 4
    lease_s: float = 30.0
    first_wait_s: float = 2.0
    longest_wait_s: float = 300.0
    longest_high_wait_s: float = 60.0
    attempts: int = 10

    def goes_on(self, attempt: int, priority: int) -> bool:
        """Tell whether a message is tried again after an attempt that failed for now."""
        return attempt < self.attempts or priority >= Priority.HIGH

    def wait_ms(self, attempt: int, priority: int, *, after_s: float, jitter: float) -> int:
        """Return how long to wait after an attempt; at least what the other side asked for. [s] -> [ms]."""
        longest_s = self.longest_high_wait_s if priority >= Priority.HIGH else self.longest_wait_s
        wait_s = min(self.first_wait_s * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS), longest_s)
        wanted_ms = round(max(wait_s * (1 - jitter / 2), after_s) * SECOND_MS)
        return min(wanted_ms, FARTHEST_MS)
