"""Hypertensive crisis: the urgent-referral limit 180/110 mmHg of 国家基本公共卫生服务规范 (第三版, 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector, gap_ms, with_limits
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    systolic_mmhg, diastolic_mmhg : float
        At or above. [mm[Hg]]
    apart_s : float
        Two readings at least this far apart; a little less than five minutes, because people press early. [s]
    wait_s : float
        How long a single reading waits for its second. [s]
    """

    systolic_mmhg: float = 180.0
    diastolic_mmhg: float = 110.0
    apart_s: float = 270.0
    wait_s: float = 1_800.0


class PressureCrisis(ThresholdDetector):
    """Two readings five minutes apart, or one that a person confirmed (context ``confirmed`` or ``symptoms``).

    One reading that no second follows within half an hour is said as medium, unconfirmed: silence after such a
    reading is no reassurance.
    """

    name = "pressure_crisis"
    version = 2
    kinds = ("pressure_crisis",)
    reads = ("systolic_pressure", "diastolic_pressure")

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "pressure_crisis")
        rules = {
            quantity: (
                Rule(
                    kind="pressure_crisis",
                    feature=feature,
                    above=True,
                    levels=(Level(Priority.HIGH, limit, round(p.apart_s * SECOND_MS), 2),),
                    clear=limit - 1,
                    clear_readings=2,
                    max_gap_ms=gap_ms(profile, round(p.wait_s * SECOND_MS)),
                    alone=Priority.MEDIUM,
                ),
            )
            for quantity, feature, limit in (
                ("systolic_pressure", "systolic_mmhg", p.systolic_mmhg),
                ("diastolic_pressure", "diastolic_mmhg", p.diastolic_mmhg),
            )
        }
        return cls(rules)
