"""Smoke, carbon monoxide and combustible gas, as reported by their detectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import Dedup, event_finding, own_room
from alerts.rules.usable import usable_events
from alerts.time_shift import all_shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    dedup_s : float
        A sounding detector repeats itself; within this it is said once, unless it was quiet in between. [s]
    """

    dedup_s: float = 2.0


class SmokeAndGas(Detector):
    """Any alarm state counts at once; that it ends is noted, but only a person closes the alert.

    A late all-clear of an older alarm than the last one says nothing.
    """

    name = "smoke_and_gas"
    version = 2
    kinds = ("smoke", "carbon_monoxide", "gas")
    reads = kinds
    ordered = False

    def __init__(self, params: Params | None = None) -> None:
        self._alarms = Dedup(round((params or Params()).dedup_s * SECOND_MS))
        self._on: dict[str, int] = {}  # kind, or kind and room -> when it was last said

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - smoke is the same for everybody
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take alarm states; return alarms and their ends."""
        kind, room = window.quantity, own_room(window)
        key = f"{kind}/{room}" if room else kind
        found = []
        for t, alarm in usable_events(window):
            if alarm:
                self._on[key] = max(t, self._on.get(key, t))
                if self._alarms.is_new(key, t):
                    found.append(event_finding(window, kind, t, Priority.HIGH, room=room))
            elif t >= self._on.get(key, t + 1):
                del self._on[key]
                self._alarms.forget(key)
                found.append(event_finding(window, kind, t, Priority.HIGH, condition=Condition.GONE, room=room))
        return tuple(found)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"alarms": self._alarms.snapshot(), "on": dict(self._on)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._alarms.restore(state["alarms"])
        self._on = dict(state["on"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._alarms.shift(by_ms)
        self._on = all_shifted(self._on, by_ms)
