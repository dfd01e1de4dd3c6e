"""The drill: a test alarm that goes every way of a real one, and is called a drill wherever it is read.

The heartbeat is the drill that the platform makes of itself: nobody but the platform is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import Dedup, event_finding
from alerts.rules.usable import usable_events
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    dedup_s : float
        Reports closer than this are one drill: a message that is sent again is no second one. [s]
    """

    dedup_s: float = 1.0


class DrillCall(Detector):
    """As urgent as a call for help, and told to everybody at once: who is not reached today is not reached in need."""

    name = "drill_call"
    kinds = ("drill_call", "heartbeat_call")
    reads = kinds
    ordered = False

    def __init__(self, params: Params | None = None) -> None:
        self._drills = Dedup(round((params or Params()).dedup_s * SECOND_MS))

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - a drill is the same for everybody
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take what devices report; return the drills."""
        return tuple(
            event_finding(window, window.quantity, t, Priority.HIGH)
            for t, began in usable_events(window)
            if began and self._drills.is_new(window.quantity, t)
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return self._drills.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._drills.restore(state)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._drills.shift(by_ms)
