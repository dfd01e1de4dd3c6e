"""Low body temperature: NEWS2 (RCP 2017) scores 35.0 °C or less 3 points."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector, gap_ms, with_limits
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

SURFACE_SITES = frozenset({"skin", "wrist", "forehead", "finger"})
"""Surface temperatures follow the room as much as the body: they never decide alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits.

    Attributes
    ----------
    high_cel : float
        At or below: medium at once, high with a second reading. [Cel]
    clear_cel : float
        Recovered at or above. [Cel]
    together_s : float
        Readings within this belong together. [s]
    """

    high_cel: float = 35.0
    clear_cel: float = 36.1
    together_s: float = 14_400.0


class TemperatureLow(ThresholdDetector):
    """A body temperature that is low: often a badly placed thermometer, so that high asks for a second reading."""

    name = "temperature_low"
    version = 2
    kinds = ("temperature_low",)
    reads = ("body_temperature",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "temperature_low")
        rule = Rule(
            kind="temperature_low",
            feature="temperature_cel",
            above=False,
            levels=(Level(Priority.MEDIUM, p.high_cel), Level(Priority.HIGH, p.high_cel, readings=2)),
            clear=max(p.clear_cel, p.high_cel + 0.5),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, round(p.together_s * SECOND_MS)),
        )
        return cls({"body_temperature": (rule,)})

    def accepts(self, window: Window) -> bool:
        """Refuse surface temperatures."""
        return window.context not in SURFACE_SITES
