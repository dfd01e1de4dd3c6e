"""A battery that will soon be empty."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector, gap_ms, with_limits
from anhu.contract.clock import DAY_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits.

    Attributes
    ----------
    medium_percent, low_percent : float
        At or below: medium, low. [%]
    clear_percent : float
        Recovered above. [%]
    """

    medium_percent: float = 5.0
    low_percent: float = 20.0
    clear_percent: float = 30.0


class BatteryLow(ThresholdDetector):
    """The charge in percent, or the device's own word, which counts as the low level."""

    name = "battery_low"
    kinds = ("battery_low",)
    reads = ("battery", "battery_low")

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "battery_low")
        low = Level(Priority.LOW, max(p.low_percent, p.medium_percent))
        rule = Rule(
            kind="battery_low",
            feature="battery_percent",
            above=False,
            levels=(low, Level(Priority.MEDIUM, p.medium_percent)),
            clear=max(p.clear_percent, p.low_percent + 1),
            max_gap_ms=gap_ms(profile, 7 * DAY_MS),
            repeat_ms=DAY_MS,
        )
        word = Rule(
            kind="battery_low",
            feature="battery_low",
            above=True,
            levels=(Level(Priority.LOW, 1.0),),
            clear=0.0,
            max_gap_ms=7 * DAY_MS,
            repeat_ms=DAY_MS,
        )
        return cls({"battery": (rule,), "battery_low": (word,)})
