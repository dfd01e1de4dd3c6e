"""Low oxygen saturation: after NEWS2 (RCP 2017), scale 1, or scale 2 for residents with the flag ``copd``."""

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
    high_percent, medium_percent : float
        At or below: high, medium. [%]
    clear_percent : float
        Recovered at or above. [%]
    high_s, medium_s, clear_s : float
        For how long. [s]
    """

    high_percent: float = 88.0
    medium_percent: float = 91.0
    clear_percent: float = 94.0
    high_s: float = 60.0
    medium_s: float = 180.0
    clear_s: float = 300.0


SCALE_2 = Params(high_percent=83.0, medium_percent=87.0, clear_percent=88.0)
"""For hypercapnic failure, whose prescribed range is 88-92 %: NEWS2 scale 2 scores 83 % or less 3 points."""


class Spo2Low(ThresholdDetector):
    """A saturation that stays low; one low spot check that nothing follows is said as medium, unconfirmed.

    Notes
    -----
    Wrist devices err by 6 to 8 % at 88 to 91 % (Rafl 2022): readings the device calls poor decide nothing.
    """

    name = "spo2_low"
    kinds = ("spo2_low",)
    reads = ("spo2",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        usual = SCALE_2 if "copd" in profile.flags else Params()
        p = with_limits(usual, profile, "spo2_low")
        rule = Rule(
            kind="spo2_low",
            feature="spo2_percent",
            above=False,
            levels=(
                Level(Priority.MEDIUM, max(p.medium_percent, p.high_percent), round(p.medium_s * SECOND_MS), 2),
                Level(Priority.HIGH, p.high_percent, round(p.high_s * SECOND_MS), 2),
            ),
            clear=min(100.0, max(p.clear_percent, p.medium_percent + 1)),
            clear_hold_ms=round(p.clear_s * SECOND_MS),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, 10 * MINUTE_MS),
            alone=Priority.MEDIUM,
        )
        return cls({"spo2": (rule,)})
