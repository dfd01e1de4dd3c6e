"""Early-warning score over all of a resident's devices: NEWS2 (RCP 2017), with what is missing said, never assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules import news2_score as news2
from alerts.rules import referral
from alerts.rules.detector import Detector, Profile, Scope, Window
from alerts.rules.recent_readings import NONE, RecentReadings
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_numbers
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.contract.quantities import QUANTITIES

_SURFACE_SITES = frozenset({"skin", "wrist", "forehead", "finger"})
_BESIDE = ("diastolic_pressure", "glucose")
_NOT_YET: tuple[int | None, ...] = (None, None)
_MEASURED = {
    "respiration_rate": "respiration_rate_per_min",
    "spo2": "spo2_percent",
    "systolic_pressure": "systolic_pressure_mmhg",
    "heart_rate": "heart_rate_bpm",
    "body_temperature": "body_temperature_cel",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    medium_points, high_points : float
        RCP: 5 asks for an urgent review, 7 is an emergency. [points]
    oldest_s : float
        Older values are missing. [s]
    together_s : float
        The median of the last five readings within this counts, so that one spike scores nothing. [s]
    hold_s, clear_s : float
        For how long the score must stand before it is said, and be below before it is over. [s]
    least_parts : int
        One part with 3 points is said only beside this many: alone it has a rule of its own.
    """

    medium_points: float = news2.URGENT
    high_points: float = news2.EMERGENCY
    oldest_s: float = 3_600.0
    together_s: float = 600.0
    hold_s: float = 300.0
    clear_s: float = 1_800.0
    least_parts: int = 3


class News2(Detector):
    """5 points or one part of 3: medium; 7: high. A lower bound: missing parts are named and can only add.

    Flags: ``copd`` uses SpO2 scale 2, ``oxygen`` adds its 2 points. Consciousness is always missing: no device sees
    it. The conditions of China's urgent-referral table that hold at that moment stand beside the score.
    """

    name = "news2"
    kinds = ("news2",)
    reads = (*news2.MEASURED, "pulse_rate", *_BESIDE)
    scope = Scope.RESIDENT
    noted = True
    __slots__ = ("_clear_ms", "_flags", "_healthy", "_odd", "_on", "_params", "_recent", "_settled", "_since")

    def __init__(self, params: Params, flags: frozenset[str] = frozenset()) -> None:
        self._params = params
        self._flags = flags
        self._recent = RecentReadings(oldest_s=params.oldest_s, together_s=params.together_s)
        self._since = _NOT_YET
        self._clear_ms: int | None = None
        self._on = 0
        self._settled = True
        self._odd = NONE
        self._healthy = _healthy(scale_2="copd" in flags, oxygen="oxygen" in flags)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the resident's flags and limits."""
        return cls(with_limits(Params(), profile, "news2"), profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next numbers of any device."""
        part = _part(window.quantity)
        if part == "body_temperature" and window.context in _SURFACE_SITES:
            return ()
        found: list[Finding] = []
        for t, value in usable_numbers(window):
            found += caught_up(self, t)
            if self._recent.remember(part, t, value):  # else an older one of another device
                self._judge(t)
        self._settle()
        return tuple(found)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Return what scores nothing, as long as that can change nothing."""
        return self._healthy[quantity] if self._settled and _part(quantity) not in self._odd else None

    def note(self, quantity: str, t_ms: int, value: float) -> bool:
        """Remember a value that scores nothing. [ms]."""
        self._recent.remember(news2.PULSE if quantity == "pulse_rate" else quantity, t_ms, value)
        return True

    def _settle(self) -> None:
        """See what may be remembered without being judged: values of parts of which all that is kept scores nothing.

        While nothing alarms, a further such value raises no sum; but to a single 3 it could bring the company it lacks.
        """
        odd = self._recent.outside(self._healthy)
        alarming = self._on or self._clear_ms is not None or self._since != _NOT_YET
        self._settled = not alarming and not any(self._has_three(part) for part in odd)
        self._odd = odd

    def _has_three(self, part: str) -> bool:
        scale_2, oxygen = "copd" in self._flags, "oxygen" in self._flags
        values = self._recent.values(part)
        return any(news2.points(part, v, scale_2=scale_2, oxygen=oxygen) >= news2.SINGLE for v in values)

    def _scored(self, values: Mapping[str, tuple[float, float]]) -> news2.Score:
        scale_2, oxygen = "copd" in self._flags, "oxygen" in self._flags
        return news2.score(values, scale_2=scale_2, oxygen=oxygen, oldest_s=self._params.oldest_s)

    def _judge(self, t_ms: int) -> None:
        p, scored = self._params, self._scored(self._recent.fresh(t_ms))
        single = scored.has_single_three and len(scored.parts) >= p.least_parts
        level = 2 if scored.total >= p.high_points else 1 if scored.total >= p.medium_points or single else 0
        for i in (0, 1):
            if level <= i:
                self._since = _with(self._since, i, None)
            elif self._since[i] is None:
                self._since = _with(self._since, i, t_ms)
        if level or not self._on:
            self._clear_ms = None
        elif self._clear_ms is None:
            self._clear_ms = t_ms

    def due_ms(self) -> int | None:
        """Return when a score has stood, or been away, for long enough. [ms]."""
        p = self._params
        waits = [s + round(p.hold_s * SECOND_MS) for s in self._since[self._on :] if s is not None]
        if self._clear_ms is not None:
            waits.append(self._clear_ms + round(p.clear_s * SECOND_MS))
        return min(waits, default=None)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say what has stood long enough. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        if self._clear_ms is not None:
            start, self._clear_ms = self._clear_ms, None
            priority = self._priority()
            self._on = 0
            return (self._finding(Condition.GONE, start, due, priority),)
        self._on = 2 if self._since[1] is not None and self._since[1] + self._params.hold_s * SECOND_MS <= due else 1
        return (self._finding(Condition.PRESENT, self._since[self._on - 1] or due, due, self._priority()),)

    def _priority(self) -> Priority:
        return Priority.HIGH if self._on > 1 else Priority.MEDIUM

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int, priority: Priority) -> Finding:
        values = self._recent.fresh(decided_ms)
        scored = self._scored(values)
        met = referral.rows_met({part: value for part, (value, _) in values.items()}, self._flags)
        limits = {"news2_points": self._params.high_points if self._on > 1 else self._params.medium_points}
        evidence = Evidence(
            features=_features(scored, values, self._flags) | {row.feature: values[row.quantity][0] for row in met},
            limits=limits | {row.feature: row.limit for row in met},
            start_ms=at_ms,
            end_ms=decided_ms,
            note="alert.note.news2_incomplete",
        )
        share = len(scored.parts) / len(news2.MEASURED)
        return Finding("news2", condition, at_ms, decided_ms, share, priority, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        recent = self._recent.snapshot()
        return {"recent": recent, "since": list(self._since), "clear": self._clear_ms, "on": self._on}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._recent.restore(state["recent"])
        self._since, self._clear_ms, self._on = tuple(state["since"]), state["clear"], state["on"]
        self._settle()

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._recent.shift(by_ms)
        self._since = tuple(shifted(since, by_ms) for since in self._since)
        self._clear_ms = shifted(self._clear_ms, by_ms)
        self._settle()


def _features(
    scored: news2.Score, values: Mapping[str, tuple[float, float]], flags: frozenset[str]
) -> dict[str, float]:
    """Return what shows a score: its parts with their values and ages, and what is missing."""
    features = {"news2_points": float(scored.total)}
    features |= {f"{part}_points": float(got) for part, got in scored.parts.items()}
    features |= {_MEASURED[part]: round(values[part][0], 1) for part in scored.parts}
    if "oxygen" in flags:
        features["oxygen_points"] = float(news2.OXYGEN_POINTS)
    if "copd" in flags:
        features["spo2_scale"] = 2.0
    features |= {f"{part}_age_s": age for part, age in scored.ages_s.items()}
    return features | {f"{part}_missing": 1.0 for part in scored.missing}


@cache
def _healthy(*, scale_2: bool, oxygen: bool) -> Mapping[str, tuple[float, float]]:
    """Return the range of each quantity that scores nothing: one table for all residents alike."""
    return {code: _plausible(code, *news2.healthy(_part(code), scale_2=scale_2, oxygen=oxygen)) for code in News2.reads}


def _plausible(code: str, low: float, high: float) -> tuple[float, float]:
    """Leave out what no sensor measures rightly: such a value must come as a window, which says so."""
    row = QUANTITIES[code]
    return max(low, math.nextafter(row.low, -math.inf)), min(high, math.nextafter(row.high, math.inf))


def _with(since: tuple[int | None, ...], i: int, at_ms: int | None) -> tuple[int | None, ...]:
    return since if since[i] == at_ms else (*since[:i], at_ms, *since[i + 1 :])


def _part(quantity: str) -> str:
    return news2.PULSE if quantity == "pulse_rate" else quantity
