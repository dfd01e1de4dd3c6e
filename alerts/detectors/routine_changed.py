"""A daily routine that changes: less active, restless nights, more visits to the bathroom, later mornings.

Each against the resident's own four weeks (`alerts.signal.baseline`); the catalogue's rules for activity decline (half
of the baseline for a week) and disturbed sleep are contained in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Scope, Window
from alerts.rules.household import ACTIVITY, Household
from alerts.rules.local_time import LocalTime
from alerts.rules.silence import Lesson, Silence
from alerts.rules.usable import usable_events
from alerts.signal.baseline import Band, Baseline
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.priority import Priority
from anhu.contract.rooms import room_of

_BIN_MS = 10 * MINUTE_MS
_DAWN_H = 4.0
_NIGHT = (0.0, 4.0)
_LEAST_HOME_H = 6.0
_WAKING_H = 15.0
_GAP_MS = 20 * MINUTE_MS

ROUTINES: Mapping[str, Band] = MappingProxyType(
    {
        "active_share": Band(floor=0.04, floor_share=0.15, rises=False),
        "night_activity": Band(floor=1.5, floor_share=0.3, falls=False),
        "bathroom_visits": Band(floor=1.5, floor_share=0.25, falls=False),
        "first_seen_h": Band(floor=0.6, falls=False),
    }
)


class RoutineChanged(Detector):
    """Low: a talk for the doctor team or the family, not an alarm.

    A day runs from four to four. Activity is the share of ten-minute spans with life in them, of those at home by day;
    days with less than six waking hours at home say nothing, nor does a day without any sign.
    """

    name = "routine_changed"
    kinds = ("routine_changed",)
    reads = ACTIVITY
    scope = Scope.RESIDENT

    def __init__(self, clock: LocalTime) -> None:
        self._clock = clock
        self._home = Household()
        self._baselines = {name: Baseline(band) for name, band in ROUTINES.items()}
        self._on: list[str] = []
        self._start(0)

    def _start(self, day: int) -> None:
        self._day = day
        self._bin = 0
        self._spans = 0
        self._night = 0
        self._visits = 0
        self._visit_ms = 0
        self._first_h = -1.0
        self._away_ms = 0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's clock."""
        return cls(LocalTime.of(profile.time_zone))

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take what the sensors of the home see; a day is judged by the first event after it."""
        found: list[Finding] = []
        room = room_of(window.context)
        for t, on in usable_events(window):
            day = self._clock.day(t - round(_DAWN_H * HOUR_MS))
            if day > self._day:
                found += self._close(t)
                self._start(day)
            left = self._home.away_ms
            active = self._home.take(window.quantity, room, t, on=on, device_id=window.device_id)
            if left and not self._home.away_ms:
                self._away_ms += t - max(left, self._clock.at(self._day, _DAWN_H))
            if active and not self._home.in_bed:
                self._count(room, t)
        return tuple(found)

    def _count(self, room: str, t: int) -> None:
        hour, span = self._clock.hour(t), t // _BIN_MS
        if room == "bathroom":
            self._visits += t - self._visit_ms > _GAP_MS
            self._visit_ms = t
        if span == self._bin:
            return
        self._bin = span
        if _NIGHT[0] <= hour < _NIGHT[1]:
            self._night += 1
        else:
            self._spans += 1
            self._first_h = hour if self._first_h < 0 else self._first_h

    def _close(self, t_ms: int) -> list[Finding]:
        if not self._day or self._first_h < 0:
            return []
        home_h = _WAKING_H - self._away_ms / HOUR_MS
        if home_h < _LEAST_HOME_H:
            return []
        spans = home_h * HOUR_MS / _BIN_MS
        today = {
            "active_share": round(min(1.0, self._spans / spans), 3),
            "night_activity": float(self._night),
            "bathroom_visits": float(self._visits),
            "first_seen_h": round(self._first_h, 2),
        }
        return [found for name, value in today.items() if (found := self._judged(name, value, t_ms)) is not None]

    def _judged(self, name: str, value: float, t_ms: int) -> Finding | None:
        """Hold one number against its baseline; the kind is over when the last change is."""
        change = self._baselines[name].add(self._day, value)
        if change is None:
            return None
        (self._on.append if change.began else self._on.remove)(name)
        if not change.began and self._on:
            return None
        evidence = Evidence(
            features={name: value, f"{name}_usual": change.features["baseline"]} | change.features,
            limits={"cusum": ROUTINES[name].fires},
            quantity="motion",
            start_ms=self._clock.at(self._day - ROUTINES[name].lag_days, 0.0),
            end_ms=t_ms,
            note=f"alert.note.routine_{name}",
        )
        condition = Condition.PRESENT if change.began else Condition.GONE
        return Finding("routine_changed", condition, t_ms, t_ms, 1.0, Priority.LOW, evidence)

    @property
    def silence(self) -> Silence:
        """Whether too few of the resident's own weeks are known for anything to be judged."""
        return Silence.LEARNING if self.lesson.days_left else Silence.NONE

    @property
    def lesson(self) -> Lesson:
        """How many days are known of what is known best."""
        known, needed = max(one.days for one in self._baselines.values())
        return Lesson(known, needed, "days")

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        today = [self._day, self._bin, self._spans, self._night, self._visits, self._visit_ms, self._first_h]
        return {
            "home": self._home.snapshot(),
            "today": [*today, self._away_ms],
            "baselines": {name: one.snapshot() for name, one in self._baselines.items()},
            "on": list(self._on),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._home.restore(state["home"])
        self._day, self._bin, self._spans, self._night, self._visits, self._visit_ms, self._first_h, self._away_ms = (
            state["today"]
        )
        self._on = list(state["on"])
        for name, kept in state["baselines"].items():
            if name in self._baselines:
                self._baselines[name].restore(kept)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._home.shift(by_ms)
        self._visit_ms = shifted(self._visit_ms, by_ms)
