"""High blood glucose: the urgent-referral limit 16.7 mmol/L of 国家基本公共卫生服务规范 (第三版, 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector, gap_ms, with_limits
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.priority import Priority

_SENSOR_PERIOD_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    high_mmol : float
        At or above. [mmol/L]
    clear_mmol : float
        Recovered at or below, twice: ADA's upper limit of level 1. [mmol/L]
    back_s : float
        A continuous sensor must show that for so long: one excursion with a short return is one alarm. [s]
    sensor_s : float
        A continuous sensor must show it this long. [s]
    """

    high_mmol: float = 16.7
    clear_mmol: float = 13.9
    back_s: float = 3_600.0
    sensor_s: float = 900.0


class GlucoseHigh(ThresholdDetector):
    """High glucose: one fingertip reading is enough, a continuous sensor must stay high."""

    name = "glucose_high"
    version = 3
    kinds = ("glucose_high",)
    reads = ("glucose",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "glucose_high")
        sensor = 0 < profile.report_period_s <= _SENSOR_PERIOD_S
        rule = Rule(
            kind="glucose_high",
            feature="glucose_mmol",
            above=True,
            levels=(
                Level(Priority.HIGH, p.high_mmol, round(p.sensor_s * SECOND_MS) if sensor else 0, 2 if sensor else 1),
            ),
            clear=min(p.clear_mmol, p.high_mmol - 1),
            clear_hold_ms=round(p.back_s * SECOND_MS) if sensor else 0,
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 2 * HOUR_MS),
        )
        return cls({"glucose": (rule,)})
