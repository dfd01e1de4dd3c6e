"""Blood pressure at home over a week, after the "722" protocol.

Source: 7 days (at least 4), 2 times a day, 2 readings; the first day is dropped and the rest averaged (Taiwan consensus
2022, Hypertension Canada, ESH 2021); elevated from 135/85 mmHg, for old people from 145/85 as the programme's office
limit of 150/90 for 65 years and more stands to 140/90.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Scope, Window
from alerts.rules.local_time import LocalTime
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_numbers
from alerts.time_shift import shifted
from anhu.contract.priority import Priority

_SYSTOLIC = "systolic_pressure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits of the week.

    Attributes
    ----------
    systolic_mmhg, diastolic_mmhg : float
        Elevated at or above, as a mean. [mm[Hg]]
    back_mmhg : float
        Controlled when the mean is this far below both. [mm[Hg]]
    days, least_days, least_readings : int
        Span of the mean, and what it must rest on after the first day is dropped.
    decide_h : float
        Local time of day at which it is decided. [h]
    """

    systolic_mmhg: float = 135.0
    diastolic_mmhg: float = 85.0
    back_mmhg: float = 3.0
    days: int = 7
    least_days: int = 4
    least_readings: int = 12
    decide_h: float = 10.0


AGE_65_MMHG = 145.0
FIBRILLATING_READINGS = 18
"""With atrial fibrillation cuffs scatter: three readings each time, not two (Taiwan's consensus on "722")."""


class PressureUncontrolled(Detector):
    """A task for the doctor team, decided once a day: the mean of the last week, not a single reading.

    A reading is a systolic and a diastolic value; a day keeps sums only, so the state is seven short rows.
    """

    name = "pressure_uncontrolled"
    kinds = ("pressure_uncontrolled",)
    reads = (_SYSTOLIC, "diastolic_pressure")
    scope = Scope.RESIDENT

    def __init__(self, params: Params, clock: LocalTime) -> None:
        self._params = params
        self._clock = clock
        self._days: list[list[float]] = []
        """Day number, then count and sum of systolic and of diastolic."""
        self._due_ms: int | None = None
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        usual = Params()
        if "age_65" in profile.flags:
            usual = replace(usual, systolic_mmhg=AGE_65_MMHG)
        if "atrial_fibrillation" in profile.flags:
            usual = replace(usual, least_readings=FIBRILLATING_READINGS)
        return cls(with_limits(usual, profile, "pressure_uncontrolled"), LocalTime.of(profile.time_zone))

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings of the cuff."""
        found: list[Finding] = []
        for t, value in usable_numbers(window):
            found += caught_up(self, t)
            row = self._row(self._clock.day(t))
            at = 1 if window.quantity == _SYSTOLIC else 3
            row[at] += 1
            row[at + 1] += value
            if self._due_ms is None:
                self._due_ms = self._clock.next_at(t, self._params.decide_h)
        return tuple(found)

    def _row(self, day: int) -> list[float]:
        for row in self._days:
            if row[0] == day:
                return row
        self._days.append([float(day), 0.0, 0.0, 0.0, 0.0])
        self._days.sort()
        del self._days[: -self._params.days - 1]
        return next(row for row in self._days if row[0] >= day)

    def due_ms(self) -> int | None:
        """Return when the week is looked at next. [ms]."""
        return self._due_ms

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Look at the week that ended yesterday. [ms]."""
        due = self._due_ms
        if due is None or now_ms < due:
            return ()
        p, today = self._params, self._clock.day(due)
        week = [row for row in self._days if today - p.days <= row[0] < today][1:]
        self._due_ms = due + 86_400_000 if any(row[0] >= today - p.days for row in self._days) else None
        systolic_n, diastolic_n = sum(r[1] for r in week), sum(r[3] for r in week)
        if len(week) < p.least_days - 1 or min(systolic_n, diastolic_n) < p.least_readings:
            return ()
        means = sum(r[2] for r in week) / systolic_n, sum(r[4] for r in week) / diastolic_n
        elevated = means[0] >= p.systolic_mmhg or means[1] >= p.diastolic_mmhg
        controlled = means[0] < p.systolic_mmhg - p.back_mmhg and means[1] < p.diastolic_mmhg - p.back_mmhg
        if elevated == self._on or (self._on and not controlled):
            return ()
        self._on = elevated
        return (self._finding(means, systolic_n, len(week), due),)

    def _finding(self, means: tuple[float, float], readings: float, days: int, due: int) -> Finding:
        p = self._params
        start = self._clock.at(self._clock.day(due) - p.days, 0.0)
        evidence = Evidence(
            features={
                "mean_systolic_mmhg": round(means[0], 1),
                "mean_diastolic_mmhg": round(means[1], 1),
                "readings": readings,
                "days": float(days),
            },
            limits={"mean_systolic_mmhg": p.systolic_mmhg, "mean_diastolic_mmhg": p.diastolic_mmhg},
            quantity=_SYSTOLIC,
            start_ms=start,
            end_ms=due,
        )
        condition = Condition.PRESENT if self._on else Condition.GONE
        return Finding("pressure_uncontrolled", condition, start, due, 1.0, Priority.LOW, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"days": [list(row) for row in self._days], "due": self._due_ms, "on": self._on}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._days = [list(row) for row in state["days"]]
        self._due_ms, self._on = state["due"], state["on"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._due_ms = shifted(self._due_ms, by_ms)
