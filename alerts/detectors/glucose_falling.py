"""Glucose that will be low within half an hour, on the continuous sensor of somebody with diabetes.

Source: the form is the "low soon" of continuous sensors, a line drawn on for 20 minutes; its numbers were chosen on the
half of the people of `cgm` that is developed on, so that six in ten warnings come true and half of the lows are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.limits import in_force
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.threshold import with_limits
from alerts.rules.usable import usable_numbers
from alerts.signal.trend import robust_slope
from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority

_SENSOR_PERIOD_S = 900.0
_SPARSE_S = 600.0
_LEAST, _LEAST_SPARSE = 4, 3
_FASTEST_MMOL_PER_MIN = 0.2
"""A reading that is further from the last one is wrong: no glucose falls a millimole in five minutes."""


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
        At or below, the rule for low glucose has the word; when it calls it takes the alert over. [mmol/L]
    span_min, sparse_span_min : float
        Readings of this long make the line; of a sensor that reports each quarter of an hour. [min]
    back_mmol, back_s : float
        Over, as a low is, when it has been at or above this for so long; no excursion is told twice. [mmol/L], [s]
    """

    rate_mmol_per_min: float = 0.02
    soon_mmol: float = 3.5
    ahead_min: float = 20.0
    near_mmol: float = 4.4
    low_mmol: float = 3.9
    span_min: float = 17.0
    sparse_span_min: float = 32.0
    back_mmol: float = 5.0
    back_s: float = 1_800.0


class GlucoseFalling(Detector):
    """The median of the slopes between all readings of twenty minutes: one wrong reading does not bend it.

    A fast rise alone says nothing here: meals do that to everybody.
    """

    name = "glucose_falling"
    version = 2
    kinds = ("glucose_falling",)
    reads = ("glucose",)

    def __init__(self, params: Params, *, continuous: bool, sparse: bool) -> None:
        self._params = params
        self._continuous = continuous
        self._span_ms = round((params.sparse_span_min if sparse else params.span_min) * MINUTE_MS)
        self._least = _LEAST_SPARSE if sparse else _LEAST
        self._recent: list[tuple[int, float]] = []
        self._back_ms: int | None = None
        self._was_low = False
        self._on = False

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one; it watches continuous sensors of people with diabetes only: others come back by themselves."""
        period_s = profile.report_period_s
        low = Params(low_mmol=in_force(profile.limits, "glucose_low.medium_mmol"))
        return cls(
            with_limits(low, profile, "glucose_falling"),
            continuous=0 < period_s <= _SENSOR_PERIOD_S and "diabetes" in profile.flags,
            sparse=period_s >= _SPARSE_S,
        )

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings of the sensor."""
        if not self._continuous:
            return ()
        found: list[Finding] = []
        for t, mmol in usable_numbers(window):
            if self._recent and t - self._recent[-1][0] < MINUTE_MS:
                continue
            self._recent = [pair for pair in (*self._recent, (t, mmol)) if pair[0] >= t - self._span_ms]
            found += self._judge(t, mmol, window.device_id)
        return tuple(found)

    def _judge(self, t: int, mmol: float, device_id: str) -> list[Finding]:
        p = self._params
        self._back_ms = None if mmol < p.back_mmol else self._back_ms or t
        self._was_low = mmol <= p.low_mmol or (self._was_low and self._back_ms is None)
        if len(self._recent) < self._least:
            return []
        rate = robust_slope([((at - t) / MINUTE_MS, value) for at, value in self._recent])
        ahead = mmol + rate * p.ahead_min
        if self._on:
            self._on = self._back_ms is None or t - self._back_ms < p.back_s * SECOND_MS
            return [] if self._on else [self._finding(Condition.GONE, rate, ahead, device_id)]
        fast = -rate >= p.rate_mmol_per_min and ahead <= p.soon_mmol and mmol <= p.near_mmol
        if not fast or self._was_low or self._is_wrong():
            return []
        self._on = True
        return [self._finding(Condition.PRESENT, rate, ahead, device_id)]

    def _is_wrong(self) -> bool:
        (before_ms, before), (t, mmol) = self._recent[-2:]
        return abs(mmol - before) * MINUTE_MS > _FASTEST_MMOL_PER_MIN * (t - before_ms)

    def _finding(self, condition: Condition, rate: float, ahead: float, device_id: str) -> Finding:
        p, (t, mmol) = self._params, self._recent[-1]
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
        return Finding("glucose_falling", condition, t, t, 1.0, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        state = {"back": self._back_ms, "low": self._was_low, "on": self._on}
        return {"recent": [list(pair) for pair in self._recent], **state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._recent = [(t, value) for t, value in state["recent"]]
        self._back_ms, self._was_low, self._on = state.get("back"), state.get("low", False), state["on"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._recent = [(shifted(t, by_ms), value) for t, value in self._recent]
        self._back_ms = shifted(self._back_ms, by_ms)
