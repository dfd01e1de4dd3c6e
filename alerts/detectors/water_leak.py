"""Water where none should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.usable import usable_events
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    wet_s : float
        A splash dries or is wiped within this. [s]
    dry_s : float
        Over when dry for this long. [s]
    """

    wet_s: float = 10.0
    dry_s: float = 600.0


class WaterLeak(Detector):
    """Wet for ten seconds; over after ten dry minutes."""

    name = "water_leak"
    kinds = ("water_leak",)
    reads = ("water_leak",)

    def __init__(self, params: Params | None = None) -> None:
        self._params = params or Params()
        self._wet_ms: int | None = None
        self._dry_ms: int | None = None
        self._on = False
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - water is the same for everybody
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take wet and dry; what they mean is decided when enough time has passed."""
        found: list[Finding] = []
        self._device_id = window.device_id
        for t, wet in usable_events(window):
            found += self.tick(t)
            if not wet:
                self._wet_ms = None
                self._dry_ms = t if self._on and self._dry_ms is None else self._dry_ms
            else:
                self._dry_ms = None
                self._wet_ms = t if self._wet_ms is None else self._wet_ms
        return tuple(found)

    def due_ms(self) -> int | None:
        """Return when wet has lasted, or dry. [ms]."""
        if self._on:
            return None if self._dry_ms is None else self._dry_ms + round(self._params.dry_s * SECOND_MS)
        return None if self._wet_ms is None else self._wet_ms + round(self._params.wet_s * SECOND_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Decide what has lasted long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        condition = Condition.GONE if self._on else Condition.PRESENT
        start = (self._dry_ms if self._on else self._wet_ms) or due
        self._on = not self._on
        self._dry_ms = None
        evidence = Evidence(quantity="water_leak", device_id=self._device_id, start_ms=start, end_ms=due)
        return (Finding("water_leak", condition, start, due, 1.0, Priority.MEDIUM, evidence),)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"wet": self._wet_ms, "dry": self._dry_ms, "on": self._on, "device": self._device_id}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._wet_ms, self._dry_ms = state["wet"], state["dry"]
        self._on, self._device_id = state["on"], state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._wet_ms = shifted(self._wet_ms, by_ms)
        self._dry_ms = shifted(self._dry_ms, by_ms)
