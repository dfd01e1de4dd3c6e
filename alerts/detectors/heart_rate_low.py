"""Slow heart rate: after NEWS2 (RCP 2017), which scores 41-50 /min 1 point and 40 /min or less 3."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector, gap_ms, with_limits
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.priority import Priority


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
    """

    high_bpm: float = 40.0
    medium_bpm: float = 50.0
    clear_bpm: float = 55.0
    high_s: float = 120.0
    medium_s: float = 600.0
    clear_s: float = 1_800.0


class HeartRateLow(ThresholdDetector):
    """A heart or pulse rate that stays low; with a beta blocker (flag) only the high level counts."""

    name = "heart_rate_low"
    kinds = ("heart_rate_low",)
    reads = ("heart_rate", "pulse_rate")

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "heart_rate_low")
        high = Level(Priority.HIGH, p.high_bpm, round(p.high_s * SECOND_MS), 2)
        medium = Level(Priority.MEDIUM, max(p.medium_bpm, p.high_bpm), round(p.medium_s * SECOND_MS), 2)
        rule = Rule(
            kind="heart_rate_low",
            feature="heart_rate_bpm",
            above=False,
            levels=(high,) if "beta_blocker" in profile.flags else (medium, high),
            clear=max(p.clear_bpm, p.high_bpm + 2),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 10 * MINUTE_MS),
        )
        return cls(dict.fromkeys(cls.reads, (rule,)))
