"""A wearable that nobody wears protects nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import event_finding
from alerts.rules.usable import usable_events
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

_NOTE = "alert.note.held_while_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    off_s : float
        Washing and charging take less than this. [s]
    """

    off_s: float = 7_200.0


class NotWorn(Detector):
    """Off the body for two hours; over when worn again."""

    name = "not_worn"
    kinds = ("not_worn",)
    reads = ("worn",)

    def __init__(self, params: Params | None = None) -> None:
        self._off_ms = round((params or Params()).off_s * SECOND_MS)
        self._since_ms: int | None = None
        self._on = False
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - nothing here is personal
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take worn and not worn."""
        found: list[Finding] = []
        self._device_id = window.device_id
        for t, worn in usable_events(window):
            found += self.tick(t)
            if not worn:
                self._since_ms = t if self._since_ms is None else self._since_ms
                continue
            self._since_ms = None
            if self._on:
                self._on = False
                found.append(event_finding(window, "not_worn", t, Priority.LOW, condition=Condition.GONE))
        return tuple(found)

    def due_ms(self) -> int | None:
        """Return when it has been off long enough. [ms]."""
        return None if self._on or self._since_ms is None else self._since_ms + self._off_ms

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that it has been off long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        self._on = True
        start = due - self._off_ms
        evidence = Evidence(quantity="worn", device_id=self._device_id, start_ms=start, end_ms=due, note=_NOTE)
        return (Finding("not_worn", Condition.PRESENT, start, due, 1.0, Priority.LOW, evidence),)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"since": self._since_ms, "on": self._on, "device": self._device_id}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._since_ms, self._on, self._device_id = state["since"], state["on"], state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._since_ms = shifted(self._since_ms, by_ms)
