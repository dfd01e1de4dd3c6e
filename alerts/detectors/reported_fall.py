"""Falls that a device itself reports: radar, watch, pendant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.events import Dedup, event_finding
from alerts.rules.usable import usable_events
from alerts.time_shift import all_shifted, shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Persistence.

    Attributes
    ----------
    confirm_s : float
        A suspicion that nothing takes back within this is urgent; a radar's own confirmation takes 52 s (Vayyar). [s]
    dedup_s : float
        Reports closer than this are of one fall, unless it was taken back in between. Nobody can have looked and closed
        the alert by then, so that the next fall is never taken for one that is over. [s]
    """

    confirm_s: float = 60.0
    dedup_s: float = 15.0


class ReportedFall(Detector):
    """A confirmed fall pages at once; a suspicion is medium, and high after a minute unless it is taken back.

    "I'm OK", or a person seen upright again, lowers both but closes neither: only a person does. A device that goes on
    reporting a fall that a person has closed raises it anew: it may be the next one.
    """

    name = "reported_fall"
    kinds = ("fall", "fall_suspected")
    reads = ("fall", "fall_suspected", "fall_cancelled")
    ordered = False

    def __init__(self, params: Params | None = None) -> None:
        self._params = params or Params()
        self._reports = Dedup(round(self._params.dedup_s * SECOND_MS))
        self._suspected: tuple[int, int, str] | None = None  # when, due, device
        self._present: dict[str, int] = {}  # kind -> when it was last reported

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - a fall is a fall
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take reports; return falls, suspicions and what takes them back."""
        found: list[Finding] = []
        for t, on in usable_events(window):
            if window.quantity == "fall_cancelled":
                found += self._taken_back(window, t) if on else ()
            elif not on:
                found += self._taken_back(window, t, only=window.quantity)
            else:
                found += self._reported(window, t)
        return tuple(found)

    def _reported(self, window: Window, t_ms: int) -> tuple[Finding, ...]:
        kind = window.quantity
        self._present[kind] = max(t_ms, self._present.get(kind, t_ms))
        if not self._reports.is_new(kind, t_ms):
            return ()
        if kind == "fall":
            self._suspected = None
            return (event_finding(window, "fall", t_ms, Priority.HIGH),)
        due = max(t_ms, window.received_at_ms) + round(self._params.confirm_s * SECOND_MS)
        self._suspected = self._suspected or (t_ms, due, window.device_id)  # said again, it is no less sure
        return (event_finding(window, "fall_suspected", t_ms, Priority.MEDIUM),)

    def _taken_back(self, window: Window, t_ms: int, only: str = "") -> tuple[Finding, ...]:
        after = {"fall": Priority.MEDIUM, "fall_suspected": Priority.LOW}
        kinds = [k for k in after if self._present.get(k, t_ms + 1) <= t_ms and only in ("", k)]
        for kind in kinds:
            del self._present[kind]
            self._reports.forget(kind)
        if "fall_suspected" in kinds:
            self._suspected = None
        return tuple(event_finding(window, k, t_ms, after[k], condition=Condition.GONE) for k in kinds)

    def due_ms(self) -> int | None:
        """Return when a suspicion becomes urgent. [ms]."""
        return self._suspected[1] if self._suspected else None

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Make a suspicion urgent that nothing took back. [ms]."""
        if self._suspected is None or now_ms < self._suspected[1]:
            return ()
        t, due, device_id = self._suspected
        self._suspected = None
        evidence = Evidence(
            quantity="fall_suspected", device_id=device_id, start_ms=t, end_ms=t, note="alert.note.not_taken_back"
        )
        return (Finding("fall_suspected", Condition.PRESENT, t, due, 1.0, Priority.HIGH, evidence),)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "reports": self._reports.snapshot(),
            "suspected": list(self._suspected) if self._suspected else None,
            "present": dict(self._present),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._reports.restore(state["reports"])
        suspected = state["suspected"]
        self._suspected = (suspected[0], suspected[1], suspected[2]) if suspected else None
        self._present = dict(state["present"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._reports.shift(by_ms)
        if self._suspected is not None:
            at_ms, due_ms, device_id = self._suspected
            self._suspected = (shifted(at_ms, by_ms), shifted(due_ms, by_ms), device_id)
        self._present = all_shifted(self._present, by_ms)
