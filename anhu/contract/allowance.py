"""How much somebody may say: so much at once, and so much more with time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from anhu.contract.clock import MINUTE_MS, SECOND_MS


class Rate(NamedTuple):
    """So many at once, and so many more a minute."""

    burst: int
    a_minute: int


@dataclass(slots=True)
class Allowance:
    """What is left of a rate; it fills up with time. A clock that is set back takes nothing away.

    Attributes
    ----------
    left : float
        How many may come now.
    at_ms : int
        When it was last asked. [ms]
    """

    rate: Rate
    left: float
    at_ms: int

    @classmethod
    def full(cls, rate: Rate, now_ms: int) -> Allowance:
        """Return one of which nothing is used. [ms]."""
        return cls(rate, rate.burst, now_ms)

    def takes(self, now_ms: int) -> bool:
        """Use one up; false when none is left. [ms]."""
        gained = max(0, now_ms - self.at_ms) * self.rate.a_minute / MINUTE_MS
        self.left, self.at_ms = min(self.rate.burst, self.left + gained), now_ms
        if self.left < 1:
            return False
        self.left -= 1
        return True

    @property
    def wait_s(self) -> float:
        """How long until the next one is there; 0 when one is. [s]."""
        return max(0.0, 1 - self.left) * MINUTE_MS / self.rate.a_minute / SECOND_MS
