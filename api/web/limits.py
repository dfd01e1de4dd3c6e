"""Limits as lines on a chart: the resident's own where there are, else those of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from api.web.wording import Wording


class Line(NamedTuple):
    """A limit that is drawn: its name in the table of limits, and which side it guards."""

    name: str
    side: str
    of: str = ""
    """Feature that is meant, where a chart shows two."""


LINES: Mapping[str, tuple[Line, ...]] = {
    "heart_rate": (Line("heart_rate_high.high_bpm", "upper"), Line("heart_rate_low.high_bpm", "lower")),
    "pulse_rate": (Line("heart_rate_high.high_bpm", "upper"), Line("heart_rate_low.high_bpm", "lower")),
    "spo2": (Line("spo2_low.medium_percent", "lower"),),
    "pressure": (
        Line("pressure_crisis.systolic_mmhg", "upper", "systolic"),
        Line("pressure_crisis.diastolic_mmhg", "upper", "diastolic"),
    ),
    "body_temperature": (Line("temperature_high.medium_cel", "upper"), Line("temperature_low.high_cel", "lower")),
    "glucose": (Line("glucose_high.high_mmol", "upper"), Line("glucose_low.medium_mmol", "lower")),
    "respiration_rate": (
        Line("respiration_high.high_per_min", "upper"),
        Line("respiration_low.high_per_min", "lower"),
    ),
    "room_temperature": (Line("room_temperature.high_cel", "upper"), Line("room_temperature.low_cel", "lower")),
}


def limit_lines(chart: str, own: Mapping[str, float], wording: Wording) -> list[dict[str, Any]]:
    """Return the lines of a chart: value, its text, and whether it is an upper or a lower limit."""
    lines = []
    for line in LINES.get(chart, ()):
        value = own.get(line.name, usual(line.name))
        label = wording.t(f"chart.{line.side}")
        label = f"{wording.word('feature', line.of)} {label}" if line.of else label
        lines.append({"value": value, "text": f"{value:g}", "label": label})
    return lines


@cache
def usual(name: str) -> float:
    """Return the value a rule uses for everybody who has no own limit of that name."""
    kind, _, parameter = name.partition(".")
    return float(getattr(import_module(f"alerts.detectors.{kind}").Params(), parameter))
