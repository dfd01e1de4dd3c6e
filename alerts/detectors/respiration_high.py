"""Fast breathing: NEWS2 (RCP 2017) scores 21-24 /min 2 points and 25 /min or more 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
    high_per_min, medium_per_min : float
        At or above: high, medium. [/min]
    clear_per_min : float
        Recovered at or below. [/min]
    high_s, medium_s, clear_s : float
        For how long. [s]
    """

    high_per_min: float = 25.0
    medium_per_min: float = 21.0
    clear_per_min: float = 20.0
    high_s: float = 300.0
    medium_s: float = 600.0
    clear_s: float = 300.0


class RespirationHigh(ThresholdDetector):
    """A breathing rate that stays high."""

    name = "respiration_high"
    kinds = ("respiration_high",)
    reads = ("respiration_rate",)
    params: ClassVar[Params] = Params()

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(cls.params, profile, "respiration_high")
        rule = Rule(
            kind="respiration_high",
            feature="respiration_per_min",
            above=True,
            levels=(
                Level(Priority.MEDIUM, min(p.medium_per_min, p.high_per_min), round(p.medium_s * SECOND_MS), 2),
                Level(Priority.HIGH, p.high_per_min, round(p.high_s * SECOND_MS), 2),
            ),
            clear=min(p.clear_per_min, p.medium_per_min - 1, p.high_per_min - 1),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 10 * MINUTE_MS),
        )
        return cls({"respiration_rate": (rule,)})
