"""Slow heart rate: after NEWS2 (RCP 2017), which scores 41-50 /min 1 point and 40 /min or less 3.

Asleep many old hearts beat 45 times a minute, under a beta blocker most. So 41-50 is held against the resident's own
nights, once a day with its night is known; 40 and less counts from the first minute on.
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.own_rate import OwnRate
from alerts.rules.rate_detector import RateDetector
from alerts.rules.rule import Level, Rule
from alerts.rules.silence import Lesson, Silence
from alerts.rules.threshold import gap_ms, with_limits
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority

_OWN_LIMITS = ("heart_rate_low.high_bpm", "heart_rate_low.medium_bpm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    high_bpm, medium_bpm : float
        At or below: high, medium. [/min]
    clear_bpm : float
        Recovered at or above; five beats and half an hour keep one night of a slow heart one alert. [/min]
    high_s, medium_s, clear_s : float
        For how long. [s]
    usual_share : float
        The resident's own heart is at or below its usual low for this share of the time. [1]
    under_bpm, lowest_bpm : float
        The own limits are so much below that; the high one never below this. [/min]
    """

    high_bpm: float = 40.0
    medium_bpm: float = 50.0
    clear_bpm: float = 55.0
    high_s: float = 120.0
    medium_s: float = 600.0
    clear_s: float = 1_800.0
    usual_share: float = 0.05
    under_bpm: float = 4.0
    lowest_bpm: float = 35.0


class HeartRateLow(RateDetector):
    """A heart or pulse rate that stays low; with a beta blocker (flag) only the high level counts.

    A limit that a doctor set is not moved, and counts from the first minute on.
    """

    name = "heart_rate_low"
    version = 2
    kinds = ("heart_rate_low",)
    __slots__ = ("_fixed", "_high_only", "_max_gap_ms", "_params")

    def __init__(self, params: Params, *, fixed: bool, high_only: bool, profile: Profile) -> None:
        self._params = params
        self._fixed = fixed
        self._high_only = high_only
        self._max_gap_ms = gap_ms(profile, 10 * MINUTE_MS)
        super().__init__(
            self._rule((params.high_bpm, max(params.medium_bpm, params.high_bpm))), profile.report_period_s
        )

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        return cls(
            with_limits(Params(), profile, "heart_rate_low"),
            fixed=any(name in profile.limits for name in _OWN_LIMITS),
            high_only="beta_blocker" in profile.flags,
            profile=profile,
        )

    def _own_limits(self, own: OwnRate) -> tuple[float, ...]:
        p = self._params
        if self._fixed:
            return (p.high_bpm,) if self._high_only else (p.high_bpm, max(p.medium_bpm, p.high_bpm))
        if not own.knows_a_day:
            return (p.high_bpm,)
        usual = own.quantile(p.usual_share) - p.under_bpm
        high = min(p.high_bpm, max(usual, p.lowest_bpm))
        medium = min(p.medium_bpm, usual)
        return (high,) if self._high_only or medium <= high else (high, medium)

    def _rule(self, limits: tuple[float, ...]) -> Rule:
        p, high = self._params, limits[0]
        levels = tuple(Level(Priority.MEDIUM, one, round(p.medium_s * SECOND_MS), 2) for one in limits[1:])
        return Rule(
            kind="heart_rate_low",
            feature="heart_rate_bpm",
            above=False,
            levels=(*levels, Level(Priority.HIGH, high, round(p.high_s * SECOND_MS), 2)),
            clear=max(p.clear_bpm, high + 2),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=self._max_gap_ms,
        )

    @property
    def silence(self) -> Silence:
        """Whether the resident's usual nights are not known yet: 41-50 is not told then."""
        is_open = self._fixed or self._high_only or self._own.knows_a_day
        return super().silence or (Silence.NONE if is_open else Silence.LEARNING)

    @property
    def lesson(self) -> Lesson:
        """A day with its night is asked."""
        return Lesson(0, 1, "days")
