"""Heart rate that stays over 100 in a person with diabetes: a row of China's urgent-referral table.

Source: 国家基本公共卫生服务规范 (第三版, 2017), type 2 diabetes; the other rows a device can measure are the rules for
blood pressure, glucose and fever (`alerts.rules.referral` has the table).
"""

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
    limit_bpm, clear_bpm : float
        Said at or above, over at or below. [/min]
    hold_s, clear_s : float
        For how long: longer than a walk. [s]
    """

    limit_bpm: float = 101.0
    clear_bpm: float = 98.0
    hold_s: float = 5_400.0
    clear_s: float = 1_200.0


class DiabeticTachycardia(ThresholdDetector):
    """Flag ``diabetes`` only; every reading of an hour and a half, because nothing here knows of movement."""

    name = "diabetic_tachycardia"
    kinds = ("heart_rate_high",)
    reads = ("heart_rate", "pulse_rate")

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits; without the flag it has no rule."""
        if "diabetes" not in profile.flags:
            return cls({})
        p = with_limits(Params(), profile, "diabetic_tachycardia")
        rule = Rule(
            kind="heart_rate_high",
            feature="heart_rate_bpm",
            above=True,
            levels=(Level(Priority.MEDIUM, p.limit_bpm, round(p.hold_s * SECOND_MS), 6),),
            clear=min(p.clear_bpm, p.limit_bpm - 2),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 20 * MINUTE_MS),
        )
        return cls(dict.fromkeys(cls.reads, (rule,)))
