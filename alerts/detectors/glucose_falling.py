"""Glucose that will be dangerously low within twenty minutes, on a continuous sensor.

Source: the form is the "urgent low soon" of continuous sensors (a line drawn on for 20 minutes) and ADA level 2 (below
3.0); the numbers were tried on 13 adults without insulin (15 person-weeks), where 3.1 mmol/L expected gave 24 alarms of
which 10 came true, and 2.6 in two readings running gives 6 of which 4 do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.threshold import with_limits
from alerts.rules.usable import usable_numbers
from alerts.signal.trend import robust_slope
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority

_SENSOR_PERIOD_S = 900.0
_LEAST = 4
_TWICE = 2
"""One wrong reading at the end bends the line; two in a row do not lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    rate_mmol_per_min : float
        Falling at least this fast. [mmol/L/min]
    soon_mmol : float
        Expected at or below. [mmol/L]
    ahead_min : float
        How far the line is drawn on. [min]
    near_mmol : float
        From above this most falls end in time: a meal's peak comes down. [mmol/L]
    low_mmol : float
        At or below, the rule for low glucose has the word. [mmol/L]
    span_min : float
        Readings of this long make the line. [min]
    back_mmol : float
        Over when it no longer falls, or expected above this. [mmol/L]
    """

    rate_mmol_per_min: float = 0.06
    soon_mmol: float = 2.6
    ahead_min: float = 20.0
    near_mmol: float = 5.6
    low_mmol: float = 3.9
    span_min: float = 22.0
    back_mmol: float = 4.5


class GlucoseFalling(Detector):
    """The median of the slopes between all readings of twenty minutes: one wrong reading does not bend it.

    A fast rise alone says nothing here: meals do that to everybody.
    """

    name = "glucose_falling"
    kinds = ("glucose_falling",)
    reads = ("glucose",)

    def __init__(self, params: Params, *, continuous: bool) -> None:
        self._params = params
        self._continuous = continuous
        self._recent: list[tuple[int, float]] = []
        self._in_a_row = 0
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one; it watches continuous sensors only."""
        continuous = 0 < profile.report_period_s <= _SENSOR_PERIOD_S
        return cls(with_limits(Params(), profile, "glucose_falling"), continuous=continuous)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings of the sensor."""
        if not self._continuous:
            return ()
        found: list[Finding] = []
        for t, mmol in usable_numbers(window):
            if self._recent and t - self._recent[-1][0] < MINUTE_MS:
                continue
            self._recent.append((t, mmol))
            self._recent = [pair for pair in self._recent if pair[0] >= t - self._params.span_min * MINUTE_MS]
            if len(self._recent) >= _LEAST:
                found += self._judge(t, mmol, window.device_id)
        return tuple(found)

    def _judge(self, t: int, mmol: float, device_id: str) -> list[Finding]:
        p = self._params
        rate = robust_slope([((at - t) / MINUTE_MS, value) for at, value in self._recent])
        ahead = mmol + rate * p.ahead_min
        fast = -rate >= p.rate_mmol_per_min and ahead <= p.soon_mmol and p.low_mmol < mmol <= p.near_mmol
        over = rate > -p.rate_mmol_per_min / 4 or ahead > p.back_mmol or mmol <= p.low_mmol
        self._in_a_row = self._in_a_row + 1 if fast else 0
        fast = self._in_a_row >= _TWICE
        if fast == self._on or (self._on and not over):
            return []
        self._on = fast
        evidence = Evidence(
            features={
                "glucose_mmol": mmol,
                "glucose_rate_mmol_per_min": round(rate, 3),
                "glucose_ahead_mmol": round(ahead, 1),
            },
            limits={"glucose_rate_mmol_per_min": -p.rate_mmol_per_min, "glucose_ahead_mmol": p.soon_mmol},
            quantity="glucose",
            device_id=device_id,
            start_ms=self._recent[0][0],
            end_ms=t,
        )
        condition = Condition.PRESENT if fast else Condition.GONE
        return [Finding("glucose_falling", condition, t, t, 1.0, Priority.MEDIUM, evidence)]

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {"recent": [list(pair) for pair in self._recent], "row": self._in_a_row, "on": self._on}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._recent = [(t, value) for t, value in state["recent"]]
        self._in_a_row, self._on = state["row"], state["on"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._recent = [(shifted(t, by_ms), value) for t, value in self._recent]
