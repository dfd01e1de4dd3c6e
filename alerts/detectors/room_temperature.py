"""Room too hot or too cold: half an hour above 35 °C (heatstroke weather, a stove left on) or below 12 °C."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules.detector import Detector, Profile
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector, gap_ms, with_limits
from anhu.contract.clock import HOUR_MS, SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    high_cel, low_cel : float
        Medium at or above, at or below. [Cel]
    back_cel : float
        Recovered this far inside the limits. [Cel]
    hold_s : float
        For how long. [s]
    """

    high_cel: float = 35.0
    low_cel: float = 12.0
    back_cel: float = 1.0
    hold_s: float = 1_800.0


class RoomTemperature(ThresholdDetector):
    """One number against a limit on either side."""

    name = "room_temperature"
    version = 2
    kinds = ("room_temperature",)
    reads = ("room_temperature",)

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one with the resident's own limits."""
        p = with_limits(Params(), profile, "room_temperature")

        def rule(limit: float, clear: float, *, above: bool) -> Rule:
            return Rule(
                kind="room_temperature",
                feature="room_cel",
                above=above,
                levels=(Level(Priority.MEDIUM, limit, round(p.hold_s * SECOND_MS), 2),),
                clear=clear,
                clear_readings=2,
                max_gap_ms=gap_ms(profile, HOUR_MS),
            )

        hot = rule(p.high_cel, p.high_cel - p.back_cel, above=True)
        cold = rule(p.low_cel, p.low_cel + p.back_cel, above=False)
        return cls({"room_temperature": (hot, cold)})
