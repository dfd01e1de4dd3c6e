"""Fast heart rate at rest: after NEWS2 (RCP 2017), which scores 111-130 /min 2 points and 131 /min or more 3.

Whose heart is fast every day is called for when it is faster than that: the medium limit is eight beats over what the
resident's own heart is below for nine tenths of the time, never above 125.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.own_rate import OwnRate
from alerts.rules.rate_detector import RATES, RateDetector
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import gap_ms, with_limits
from alerts.rules.usable import usable_numbers
from alerts.signal.walking import Walking
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority

_STEPS = "steps"
_OWN_LIMIT = "heart_rate_high.medium_bpm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    high_bpm, medium_bpm : float
        At or above: high, medium. [/min]
    clear_bpm : float
        Recovered at or below. [/min]
    high_s, medium_s, clear_s : float
        For how long. [s]
    usual_share : float
        The resident's own heart is below its usual high for this share of the time. [1]
    over_bpm, widest_bpm : float
        The own medium limit is so much above that, and never above this. [/min]
    """

    high_bpm: float = 131.0
    medium_bpm: float = 111.0
    clear_bpm: float = 109.0
    high_s: float = 300.0
    medium_s: float = 600.0
    clear_s: float = 1_800.0
    usual_share: float = 0.9
    over_bpm: float = 8.0
    widest_bpm: float = 125.0


class HeartRateHigh(RateDetector):
    """A heart or pulse rate that stays high.

    Notes
    -----
    While the same device counts steps of a walk, and for five minutes after it, 111-130 /min is that of the walk; 131
    and more is told all the same. Without steps nothing here knows of movement. The own limit is known after an
    hour; a limit that a doctor set is not moved.
    """

    name = "heart_rate_high"
    version = 2
    kinds = ("heart_rate_high",)
    reads = (*RATES, _STEPS)
    __slots__ = ("_fixed", "_max_gap_ms", "_params", "_walking")

    def __init__(self, params: Params, *, fixed: bool, profile: Profile) -> None:
        self._params = params
        self._fixed = fixed
        self._max_gap_ms = gap_ms(profile, 10 * MINUTE_MS)
        self._walking: Walking | None = None
        super().__init__(self._rule((min(params.medium_bpm, params.high_bpm),)), profile.report_period_s)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "heart_rate_high")
        return cls(p, fixed=_OWN_LIMIT in profile.limits, profile=profile)

    def _own_limits(self, own: OwnRate) -> tuple[float, ...]:
        p = self._params
        medium = min(p.medium_bpm, p.high_bpm)
        if self._fixed or not own.knows_an_hour:
            return (medium,)
        usual = min(own.quantile(p.usual_share) + p.over_bpm, p.widest_bpm, p.high_bpm)
        return (max(medium, usual),)

    def _rule(self, limits: tuple[float, ...]) -> Rule:
        p, (medium,) = self._params, limits
        return Rule(
            kind="heart_rate_high",
            feature="heart_rate_bpm",
            above=True,
            levels=(
                Level(Priority.MEDIUM, medium, round(p.medium_s * SECOND_MS), 2),
                Level(Priority.HIGH, p.high_bpm, round(p.high_s * SECOND_MS), 2),
            ),
            clear=min(p.clear_bpm, p.medium_bpm - 2, p.high_bpm - 2),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=self._max_gap_ms,
        )

    def _is_excused(self, quantity: str, t_ms: int, value: float) -> bool:  # noqa: ARG002 - either rate
        walks = self._walking is not None and self._walking.is_on(t_ms)
        return value < self._params.high_bpm and walks

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take rates, and the steps beside them."""
        if window.quantity == _STEPS:
            self._walking = walking = self._walking or Walking()
            for t, steps in usable_numbers(window):
                walking.take(t, steps)
            return ()
        return super().update(window)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Return the range of values that cannot matter now; every count of steps does."""
        return None if quantity == _STEPS else super().quiet_range(quantity)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return super().snapshot() | {"walking": (self._walking or Walking()).snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        super().restore(state)
        if any(state.get("walking", ())):
            self._walking = Walking()
            self._walking.restore(state["walking"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        super().shift(by_ms)
        if self._walking is not None:
            self._walking.shift(by_ms)
