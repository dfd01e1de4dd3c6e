"""Limits as lines on a chart: the resident's own where there are, else the rules'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.web.wording import Wording


class Line(NamedTuple):
    """A limit that is drawn: its name in the table of limits, what the rule uses, and which side is safe."""

    name: str
    usual: float
    side: str


_LINES: Mapping[str, tuple[Line, ...]] = {
    "heart_rate": (
        Line("heart_rate_high.high_bpm", 130, "upper"),
        Line("heart_rate_low.high_bpm", 40, "lower"),
    ),
    "spo2": (Line("spo2_low.medium_percent", 91, "lower"),),
    "pressure": (
        Line("pressure_crisis.systolic_mmhg", 180, "upper"),
        Line("pressure_low.systolic_mmhg", 90, "lower"),
    ),
    "body_temperature": (
        Line("temperature_high.medium_cel", 38.1, "upper"),
        Line("temperature_low.high_cel", 35.0, "lower"),
    ),
    "glucose": (
        Line("glucose_high.high_mmol", 16.7, "upper"),
        Line("glucose_low.medium_mmol", 3.9, "lower"),
    ),
    "respiration_rate": (
        Line("respiration_high.high_per_min", 25, "upper"),
        Line("respiration_low.high_per_min", 8, "lower"),
    ),
    "room_temperature": (
        Line("room_temperature.high_cel", 35, "upper"),
        Line("room_temperature.low_cel", 12, "lower"),
    ),
}


def limit_lines(chart: str, own: Mapping[str, float], wording: Wording) -> list[dict[str, Any]]:
    """Return the lines of a chart: value, its text, and whether it is an upper or a lower limit."""
    lines = []
    for line in _LINES.get(chart, ()):
        value = own.get(line.name, line.usual)
        lines.append({"value": value, "text": f"{value:g}", "label": wording.t(f"chart.{line.side}")})
    return lines
