"""Low blood glucose: the urgent-referral limit 3.9 mmol/L of 国家基本公共卫生服务规范, and ADA level 2 below 3.0."""

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
        At or below: high; 2.95, so that 53 mg/dL is and 54 mg/dL, ADA's limit itself, is not. [mmol/L]
    medium_mmol : float
        At or below: medium. [mmol/L]
    clear_mmol : float
        Recovered at or above, twice. [mmol/L]
    back_s : float
        A continuous sensor must show that for so long: one excursion with a short return is one alarm. [s]
    sensor_s : float
        A continuous sensor must show it this long (ADA counts events from 15 minutes). [s]
    others_s : float
        And this long, of somebody who has no diabetes: such a low is mostly a sensor that is lain upon. [s]
    repeat_s : float
        Said again while it lasts: the rule is to measure again after 15 minutes. [s]
    """

    high_mmol: float = 2.95
    medium_mmol: float = 3.9
    clear_mmol: float = 5.0
    back_s: float = 1_800.0
    sensor_s: float = 900.0
    others_s: float = 3_600.0
    repeat_s: float = 900.0


class GlucoseLow(ThresholdDetector):
    """Low glucose: one fingertip reading is enough, a continuous sensor must stay low (pressure on it reads low).

    An excursion is one alarm: it is over after half an hour at 5.0 and more; below 3.0 it pages again. People without
    the flag ``diabetes`` are called for after an hour, or a quarter of an hour below 3.0.
    """

    name = "glucose_low"
    version = 3
    kinds = ("glucose_low",)
    reads = ("glucose",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "glucose_low")
        sensor = 0 < profile.report_period_s <= _SENSOR_PERIOD_S
        known = "diabetes" in profile.flags
        short_ms, long_ms = (round(s * SECOND_MS) if sensor else 0 for s in (p.sensor_s, p.others_s))
        readings = 2 if sensor else 1
        rule = Rule(
            kind="glucose_low",
            feature="glucose_mmol",
            above=False,
            levels=(
                Level(Priority.MEDIUM, max(p.medium_mmol, p.high_mmol), short_ms if known else long_ms, readings),
                Level(Priority.HIGH, p.high_mmol, 0 if known else short_ms, readings),
            ),
            clear=max(p.clear_mmol, p.medium_mmol + 0.2),
            clear_hold_ms=round(p.back_s * SECOND_MS) if sensor else 0,
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 2 * HOUR_MS),
            alone=Priority.MEDIUM if sensor else None,
            repeat_ms=round(p.repeat_s * SECOND_MS),
        )
        return cls({"glucose": (rule,)})
