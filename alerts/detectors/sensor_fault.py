"""A sensor that reports itself broken, at its end of life, or tampered with; or says more than anybody can follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.finding import Condition, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import event_finding
from alerts.rules.usable import usable_events
from anhu.contract.priority import Priority

_SEEN_BY_THE_DOOR = frozenset({"too_much", "flapping", "shared_credential"})


class SensorFault(Detector):
    """The device's own word, said when it changes."""

    name = "sensor_fault"
    kinds = ("sensor_fault",)
    reads = ("sensor_fault", "tamper")

    def __init__(self) -> None:
        self._on: set[str] = set()

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - a fault is a fault
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take fault states; return when the first begins and the last ends."""
        found = []
        reason = window.attributes.get("reason")
        which, note = (str(reason), f"alert.note.{reason}") if reason in _SEEN_BY_THE_DOOR else (window.quantity, "")
        for t, fault in usable_events(window):
            before = bool(self._on)
            (self._on.add if fault else self._on.discard)(which)
            if before != bool(self._on):
                condition = Condition.PRESENT if fault else Condition.GONE
                one = event_finding(window, "sensor_fault", t, Priority.MEDIUM, condition=condition, note=note)
                found.append(one)
        return tuple(found)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"on": sorted(self._on)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._on = set(state["on"])

    def shift(self, by_ms: int) -> None:
        """Move nothing: no time is remembered."""
