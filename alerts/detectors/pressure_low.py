"""Low blood pressure: NEWS2 (RCP 2017) scores a systolic pressure of 90 mmHg or less 3 points."""

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
    systolic_mmhg, clear_mmhg : float
        High at or below; recovered at or above. [mm[Hg]]
    apart_s : float
        Two readings at least this far apart. [s]
    wait_s : float
        How long a single reading waits for its second. [s]
    """

    systolic_mmhg: float = 90.0
    clear_mmhg: float = 101.0
    apart_s: float = 60.0
    wait_s: float = 1_800.0


class PressureLow(ThresholdDetector):
    """Two low systolic readings; medium for residents whose pressure is usually low (flag ``usually_low_pressure``)."""

    name = "pressure_low"
    kinds = ("pressure_low",)
    reads = ("systolic_pressure",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "pressure_low")
        priority = Priority.MEDIUM if "usually_low_pressure" in profile.flags else Priority.HIGH
        rule = Rule(
            kind="pressure_low",
            feature="systolic_mmhg",
            above=False,
            levels=(Level(priority, p.systolic_mmhg, round(p.apart_s * SECOND_MS), 2),),
            clear=max(p.clear_mmhg, p.systolic_mmhg + 1),
            max_gap_ms=gap_ms(profile, round(p.wait_s * SECOND_MS)),
            alone=Priority.MEDIUM,
        )
        return cls({"systolic_pressure": (rule,)})
