"""Which limits a resident may have of one's own, and within which bounds a rule may be set."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from anhu.contract.errors import FieldError

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "heart_rate_high.high_bpm": (90.0, 220.0),
        "heart_rate_high.medium_bpm": (80.0, 220.0),
        "heart_rate_low.high_bpm": (25.0, 60.0),
        "heart_rate_low.medium_bpm": (25.0, 70.0),
        "spo2_low.high_percent": (70.0, 95.0),
        "spo2_low.medium_percent": (75.0, 97.0),
        "pressure_crisis.systolic_mmhg": (150.0, 240.0),
        "pressure_crisis.diastolic_mmhg": (90.0, 150.0),
        "pressure_low.systolic_mmhg": (60.0, 110.0),
        "temperature_high.high_cel": (37.5, 41.0),
        "temperature_high.medium_cel": (37.0, 40.0),
        "temperature_low.high_cel": (33.0, 36.0),
        "glucose_low.high_mmol": (2.0, 4.0),
        "glucose_low.medium_mmol": (2.5, 6.0),
        "glucose_high.high_mmol": (10.0, 33.0),
        "respiration_low.high_per_min": (4.0, 12.0),
        "respiration_high.high_per_min": (20.0, 45.0),
        "respiration_high.medium_per_min": (18.0, 45.0),
        "news2.medium_points": (3.0, 10.0),
        "news2.high_points": (5.0, 15.0),
        "pressure_uncontrolled.systolic_mmhg": (120.0, 170.0),
        "pressure_uncontrolled.diastolic_mmhg": (75.0, 105.0),
        "weight_gain.gain_kg": (0.8, 5.0),
        "weight_gain.day_kg": (0.8, 4.0),
        "weight_loss.lost_percent": (2.0, 15.0),
        "spo2_nights.low_percent": (75.0, 94.0),
        "spo2_nights.share_percent": (2.0, 60.0),
        "no_motion.still_h": (2.0, 12.0),
        "no_motion.high_h": (4.0, 24.0),
        "bathroom_dwell.day_min": (10.0, 120.0),
        "bathroom_dwell.night_min": (10.0, 120.0),
        "bed_exit.away_min": (3.0, 120.0),
        "not_in_bed.by_h": (0.0, 5.0),
        "not_up.late_h": (1.0, 8.0),
        "door_open.day_min": (2.0, 240.0),
        "door_open.night_min": (1.0, 240.0),
        "wandering.latitude_deg": (-90.0, 90.0),
        "wandering.longitude_deg": (-180.0, 180.0),
        "wandering.radius_m": (100.0, 100_000.0),
        "room_temperature.high_cel": (25.0, 50.0),
        "room_temperature.low_cel": (-10.0, 22.0),
        "device_silent.silent_s": (300.0, 604_800.0),
        "battery_low.medium_percent": (1.0, 50.0),
        "battery_low.low_percent": (1.0, 60.0),
    }
)
"""Alert kind, dot, parameter -> (lowest, highest) allowed value, in the unit of the name's last part."""


def check_limit(name: str, value: float) -> None:
    """Raise `FieldError` unless there is such a limit and the value is within its bounds."""
    if name not in LIMITS:
        raise FieldError("name", name, "one of " + ", ".join(sorted(LIMITS)))
    low, high = LIMITS[name]
    if not low <= value <= high:
        raise FieldError("value", value, f"{low:g} to {high:g}")
