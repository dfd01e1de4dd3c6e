"""Fever: NEWS2 (RCP 2017) scores 38.1-39.0 °C 1 point and 39.1 °C or more 2."""

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
    high_cel, medium_cel : float
        At or above: high (twice), medium (at once). [Cel]
    clear_cel : float
        Recovered at or below. [Cel]
    together_s : float
        Readings within this belong together. [s]
    """

    high_cel: float = 39.1
    medium_cel: float = 38.1
    clear_cel: float = 38.0
    together_s: float = 14_400.0


class TemperatureHigh(ThresholdDetector):
    """A body temperature that is high; the high level asks for a second reading."""

    name = "temperature_high"
    version = 2
    kinds = ("temperature_high",)
    reads = ("body_temperature",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "temperature_high")
        rule = Rule(
            kind="temperature_high",
            feature="temperature_cel",
            above=True,
            levels=(
                Level(Priority.MEDIUM, min(p.medium_cel, p.high_cel)),
                Level(Priority.HIGH, p.high_cel, readings=2),
            ),
            clear=min(p.clear_cel, p.medium_cel - 0.1, p.high_cel - 0.1),
            clear_readings=2,
            max_gap_ms=gap_ms(profile, round(p.together_s * SECOND_MS)),
        )
        return cls({"body_temperature": (rule,)})

    def accepts(self, window: Window) -> bool:
        """Refuse surface temperatures."""
        return window.context not in SURFACE_SITES
