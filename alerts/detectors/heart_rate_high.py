"""Fast heart rate at rest: after NEWS2 (RCP 2017), which scores 111-130 /min 2 points and 131 /min or more 3."""

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
        At or above: high, medium. [/min]
    clear_bpm : float
        Recovered at or below. [/min]
    high_s, medium_s, clear_s : float
        For how long. [s]
    """

    high_bpm: float = 131.0
    medium_bpm: float = 111.0
    clear_bpm: float = 109.0
    high_s: float = 300.0
    medium_s: float = 600.0
    clear_s: float = 600.0


class HeartRateHigh(ThresholdDetector):
    """A heart or pulse rate that stays high.

    Notes
    -----
    Persistence keeps stairs and single artefacts out. Exercise longer than ten minutes is not told from illness:
    nothing here knows of movement; a doctor sets a resident's own limit where that matters.
    """

    name = "heart_rate_high"
    kinds = ("heart_rate_high",)
    reads = ("heart_rate", "pulse_rate")

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "heart_rate_high")
        rule = Rule(
            kind="heart_rate_high",
            feature="heart_rate_bpm",
            above=True,
            levels=(
                Level(Priority.MEDIUM, min(p.medium_bpm, p.high_bpm), round(p.medium_s * SECOND_MS), 2),
                Level(Priority.HIGH, p.high_bpm, round(p.high_s * SECOND_MS), 2),
            ),
            clear=min(p.clear_bpm, p.medium_bpm - 2, p.high_bpm - 2),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 10 * MINUTE_MS),
        )
        return cls(dict.fromkeys(cls.reads, (rule,)))
