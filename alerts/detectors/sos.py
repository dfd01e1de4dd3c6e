"""The call for help: a button pressed, a watch's SOS."""

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
        Presses closer than this are one call: a button sends its message twice. More would be a risk: who presses again
        when the first call was closed by mistake calls anew. On an open alert a repeat is only counted. [s]
    """

    dedup_s: float = 2.0


class Sos(Detector):
    """Every press is a call: nothing is weighed, nothing is waited for. Only a person ends it."""

    name = "sos"
    version = 2
    kinds = ("sos",)
    reads = ("sos",)
    ordered = False

    def __init__(self, params: Params | None = None) -> None:
        self._calls = Dedup(round((params or Params()).dedup_s * SECOND_MS))

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - nobody's call for help differs
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take presses; return the calls."""
        return tuple(
            event_finding(window, "sos", t, Priority.HIGH)
            for t, pressed in usable_events(window)
            if pressed and self._calls.is_new("sos", t)
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return self._calls.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._calls.restore(state)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._calls.shift(by_ms)
