"""Weight loss without wanting to: more than 5 % in six months (GLIM 2019, and Fried's frailty phenotype)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.local_time import LocalTime
from alerts.rules.threshold import with_limits
from alerts.rules.usable import usable_numbers
from anhu.contract.priority import Priority

_DAYS = 7
_A_DAY_AT_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits.

    Attributes
    ----------
    lost_percent, back_percent : float
        Said above this, over below that. [%]
    weeks : int
        How far back the heaviest week may lie.
    recent_weeks : int
        The present is the median of this many weeks that have weights, one of them the last.
    """

    lost_percent: float = 5.0
    back_percent: float = 4.0
    weeks: int = 26
    recent_weeks: int = 3


class WeightLoss(Detector):
    """Weekly medians of one scale; the heaviest three-week median of half a year against the present one.

    Medians of weeks keep other people on the scale, shoes and single errors out. State: one number a week, and this
    week's weights.
    """

    name = "weight_loss"
    kinds = ("weight_loss",)
    reads = ("weight",)

    def __init__(self, params: Params, clock: LocalTime) -> None:
        self._params = params
        self._clock = clock
        self._weeks: list[tuple[int, float]] = []
        self._week = 0
        self._now: list[float] = []
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        return cls(with_limits(Params(), profile, "weight_loss"), LocalTime.of(profile.time_zone))

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take weights; a week is judged by the first weight after it."""
        found: list[Finding] = []
        for t, kg in usable_numbers(window):
            week = self._clock.day(t) // _DAYS
            if week > self._week:
                found += self._close(t, window.device_id)
                self._week = week
            if len(self._now) < _DAYS * _A_DAY_AT_MOST:
                self._now.append(kg)
        return tuple(found)

    def _close(self, t_ms: int, device_id: str) -> list[Finding]:
        p = self._params
        if self._now:
            self._weeks.append((self._week, median(self._now)))
            self._now = []
        self._weeks = [pair for pair in self._weeks if pair[0] > self._week - p.weeks]
        values = [kg for _, kg in self._weeks]
        if len(values) < 2 * p.recent_weeks:
            return []
        n = p.recent_weeks
        past = max(median(values[i : i + n]) for i in range(len(values) - n + 1))
        present = median(values[-n:])
        lost = 100.0 * (past - present) / past
        if (lost > p.lost_percent) == self._on or (self._on and lost >= p.back_percent):
            return []
        self._on = lost > p.lost_percent
        start = self._clock.at(self._weeks[0][0] * _DAYS, 0.0)
        evidence = Evidence(
            features={"lost_percent": round(lost, 1), "weight_kg": present},
            limits={"lost_percent": p.lost_percent},
            quantity="weight",
            device_id=device_id,
            start_ms=start,
            end_ms=t_ms,
        )
        condition = Condition.PRESENT if self._on else Condition.GONE
        return [Finding("weight_loss", condition, t_ms, t_ms, 1.0, Priority.LOW, evidence)]

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        weeks = [list(pair) for pair in self._weeks]
        return {"weeks": weeks, "week": self._week, "now": list(self._now), "on": self._on}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._weeks = [(week, kg) for week, kg in state["weeks"]]
        self._week, self._now, self._on = state["week"], list(state["now"]), state["on"]

    def shift(self, by_ms: int) -> None:
        """Move nothing: only days and weeks are remembered."""
