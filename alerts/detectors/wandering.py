"""Outside the safe area around home: three fixes or five minutes, each surely outside by its own accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.possible_fixes import PossibleFixes, numbers
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_events
from alerts.signal.geodesy import distance_m
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority

_NOWHERE = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The area and persistence; the place is each resident's own limit.

    Attributes
    ----------
    latitude_deg, longitude_deg : float
        Home, WGS 84; nobody is watched without it. [deg]
    radius_m : float
        Of the area. [m]
    fixes, minutes : float
        So many fixes outside, or outside for so long. [1], [min]
    inside_min : float
        Over when inside for this long. [min]
    usual_accuracy_m : float
        Taken for a fix that does not say its own. [m]
    lost_min : float
        A person with dementia who is outside and sends no fix for this long is lost. [min]
    """

    latitude_deg: float = _NOWHERE
    longitude_deg: float = _NOWHERE
    radius_m: float = 500.0
    fixes: float = 3.0
    minutes: float = 5.0
    inside_min: float = 5.0
    usual_accuracy_m: float = 100.0
    lost_min: float = 60.0


class Wandering(Detector):
    """High with the flag ``dementia``, else medium. A fix counts as outside only if all of its circle is.

    A fix by cell tower (accuracy of kilometres) is therefore never outside a small area; one whose circle crosses the
    edge decides nothing, nor does a fix that cannot be (`position_fault` tells of those). Coordinates are taken as
    WGS 84: a codec that gets GCJ-02 must convert (up to 700 m).
    """

    name = "wandering"
    kinds = ("wandering", "location_lost")
    reads = ("position",)

    def __init__(self, params: Params, *, guarded: bool) -> None:
        self._params = params
        self._guarded = guarded
        self._outside = 0
        self._since_ms: int | None = None
        self._inside_ms: int | None = None
        self._fix_ms = 0
        self._far_m = 0.0
        self._on = False
        self._lost = False
        self._device_id = ""
        self._fixes = PossibleFixes()

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and area."""
        return cls(with_limits(Params(), profile, "wandering"), guarded="dementia" in profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take a fix."""
        p = self._params
        if abs(p.latitude_deg) > 90 or abs(p.longitude_deg) > 180:  # noqa: PLR2004 - degrees
            return ()
        place = numbers(window.attributes, "latitude_deg", "longitude_deg")
        if place is None:
            return ()
        accuracy = numbers(window.attributes, "accuracy_m") or (p.usual_accuracy_m,)
        self._device_id = window.device_id
        distance = distance_m((p.latitude_deg, p.longitude_deg), (place[0], place[1]))
        found: list[Finding] = []
        for t, _ in usable_events(window):
            found += caught_up(self, t)
            if self._fixes.takes(t, (place[0], place[1])):
                found += self._fix(t, distance, max(0.0, accuracy[0]))
        return tuple(found)

    def _fix(self, t: int, distance: float, accuracy: float) -> list[Finding]:
        p, found = self._params, []
        self._fix_ms = t
        if self._lost:
            self._lost = False
            found.append(self._finding("location_lost", Condition.GONE, t, t))
        if distance - accuracy > p.radius_m:
            self._inside_ms = None
            self._outside += 1
            self._since_ms = t if self._since_ms is None else self._since_ms
            self._far_m = max(self._far_m, distance)
            held = self._outside >= p.fixes or (self._outside > 1 and t - self._since_ms >= p.minutes * MINUTE_MS)
            if held and not self._on:
                self._on = True
                found.append(self._finding("wandering", Condition.PRESENT, self._since_ms, t))
        elif distance + accuracy <= p.radius_m or distance <= p.radius_m / 2:
            self._outside, self._since_ms = 0, None
            self._inside_ms = t if self._inside_ms is None else self._inside_ms
            if self._on and t - self._inside_ms >= p.inside_min * MINUTE_MS:
                found.append(self._finding("wandering", Condition.GONE, self._inside_ms, t))
                self._on, self._far_m = False, 0.0
        return found

    def due_ms(self) -> int | None:
        """Return when a person outside counts as lost. [ms]."""
        watched = self._guarded and self._on and not self._lost and self._inside_ms is None
        return self._fix_ms + round(self._params.lost_min * MINUTE_MS) if watched else None

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that somebody outside has sent no fix. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        self._lost = True
        return (self._finding("location_lost", Condition.PRESENT, self._fix_ms, due),)

    def _finding(self, kind: str, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        evidence = Evidence(
            features={"distance_m": float(round(self._far_m)), "fixes": float(self._outside)},
            limits={"distance_m": self._params.radius_m},
            quantity="position",
            device_id=self._device_id,
            start_ms=at_ms,
            end_ms=decided_ms,
        )
        high = self._guarded and kind == "wandering"
        priority = Priority.HIGH if high else Priority.MEDIUM
        return Finding(kind, condition, at_ms, decided_ms, 1.0, priority, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        area = [self._outside, self._since_ms, self._inside_ms, self._fix_ms, self._far_m, self._on, self._lost]
        return {"area": area, "device": self._device_id, "fixes": self._fixes.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._device_id = state["device"]
        self._fixes.restore(state.get("fixes"))
        self._outside, self._since_ms, self._inside_ms, self._fix_ms, self._far_m, self._on, self._lost = state["area"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._fixes.shift(by_ms)
        self._since_ms = shifted(self._since_ms, by_ms)
        self._inside_ms = shifted(self._inside_ms, by_ms)
        self._fix_ms = shifted(self._fix_ms, by_ms)
