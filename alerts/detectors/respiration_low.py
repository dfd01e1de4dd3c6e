"""Slow breathing: NEWS2 (RCP 2017) scores 8 /min or less 3 points."""

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
    high_per_min, clear_per_min : float
        High at or below; recovered at or above. [/min]
    high_s, clear_s : float
        For how long. [s]
    """

    high_per_min: float = 8.0
    clear_per_min: float = 10.0
    high_s: float = 120.0
    clear_s: float = 300.0


class RespirationLow(ThresholdDetector):
    """A breathing rate that stays low. A reading of 0 counts: a radar that sees no breath reports it so."""

    name = "respiration_low"
    kinds = ("respiration_low",)
    reads = ("respiration_rate",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "respiration_low")
        rule = Rule(
            kind="respiration_low",
            feature="respiration_per_min",
            above=False,
            levels=(Level(Priority.HIGH, p.high_per_min, round(p.high_s * SECOND_MS), 2),),
            clear=max(p.clear_per_min, p.high_per_min + 1),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 10 * MINUTE_MS),
        )
        return cls({"respiration_rate": (rule,)})
