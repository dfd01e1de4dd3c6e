"""The fixed vertical axes of charts: a small change looks small, and two residents can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

AXES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "heart_rate": (40, 160),
        "pulse_rate": (40, 160),
        "respiration_rate": (5, 35),
        "spo2": (85, 100),
        "perfusion_index": (0, 10),
        "systolic_pressure": (60, 200),
        "diastolic_pressure": (60, 200),
        "mean_pressure": (40, 140),
        "body_temperature": (34, 42),
        "skin_temperature": (25, 40),
        "glucose": (2, 20),
        "bmi": (15, 35),
        "sleep_duration": (0, 12),
        "room_temperature": (5, 40),
        "room_humidity": (0, 100),
    }
)
"""Quantity -> lowest and highest of its axis; the chart widens it for what is outside. [the unit]"""
