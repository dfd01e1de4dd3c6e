"""A tracker that sends only positions that cannot be: nobody would hear if its wearer got lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.possible_fixes import PossibleFixes, numbers
from alerts.rules.usable import usable_events
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How long before it is told.

    Attributes
    ----------
    minutes : float
        No fix that can be for this long, though others came. [min]
    """

    minutes: float = 30.0


class PositionFault(Detector):
    """Medium, for residents with the flag ``dementia``; over with the first fix that can be."""

    name = "position_fault"
    kinds = ("sensor_fault",)
    reads = ("position",)

    def __init__(self, params: Params | None = None, *, guarded: bool = True) -> None:
        self._params = params or Params()
        self._guarded = guarded
        self._fixes = PossibleFixes()
        self._since_ms: int | None = None
        self._on = False
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags."""
        return cls(guarded="dementia" in profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take a fix."""
        self._device_id = window.device_id
        place = numbers(window.attributes, "latitude_deg", "longitude_deg")
        found: list[Finding] = []
        for t, _ in usable_events(window):
            if place is not None and self._fixes.takes(t, (place[0], place[1])):
                found += self._usable(t)
            else:
                found += self._unusable(t)
        return tuple(found)

    def _usable(self, t: int) -> list[Finding]:
        self._since_ms = None
        if not self._on:
            return []
        self._on = False
        return [self._finding(Condition.GONE, t, t)]

    def _unusable(self, t: int) -> list[Finding]:
        since = self._since_ms = t if self._since_ms is None else self._since_ms
        if self._on or not self._guarded or t - since < self._params.minutes * MINUTE_MS:
            return []
        self._on = True
        return [self._finding(Condition.PRESENT, since, t)]

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        evidence = Evidence(quantity="position", device_id=self._device_id, start_ms=at_ms, end_ms=decided_ms)
        return Finding("sensor_fault", condition, at_ms, decided_ms, 1.0, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"fixes": self._fixes.snapshot(), "state": [self._since_ms, self._on, self._device_id]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._fixes.restore(state["fixes"])
        self._since_ms, self._on, self._device_id = state["state"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._fixes.shift(by_ms)
        self._since_ms = shifted(self._since_ms, by_ms)
