"""What a detector measured and what it compared with, in words and with units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from anhu.contract.quantities import QUANTITIES, Kind
from api.web.wording import Wording

_UNITS = {
    "g": "g",
    "deg": "°",
    "dps": "°/s",
    "bpm": "{per_min}",
    "per_min": "{per_min}",
    "percent": "%",
    "mmhg": "mmHg",
    "cel": "°C",
    "mmol": "mmol/L",
    "mmol_per_min": "mmol/L",
    "s": "{seconds}",
    "ms": "ms",
    "min": "{minutes}",
    "h": "{hours}",
    "hz": "Hz",
    "m": "m",
    "kg": "kg",
}

_ROUND_FROM = 20.0
_SHORTEST_H = 0.5
_FINEST_BELOW = 0.1
_YES_OR_NO = frozenset({"disconnected", "battery_low"})
_SHARES = frozenset({"stir"})
_TIMES_OF_DAY = frozenset({"time_of_day_h", "usual_h", "first_seen_h", "first_seen_h_usual"})
_OF_THE_QUANTITY = frozenset({"today_value", "usual", "baseline", "slope_per_week"})
_TWICE = frozenset({"today_value", "baseline"})
_LONGER = (("s", 3_600.0, "hours"), ("s", 60.0, "minutes"), ("min", 60.0, "hours"))
"""From twice this many of a unit on, a time is told in the longer unit."""


class FeatureRow(NamedTuple):
    """One line of the evidence."""

    name: str
    value: str
    limit: str
    unit: str


def feature_rows(evidence: Mapping[str, Any], wording: Wording) -> list[FeatureRow]:
    """Return the lines of an alert's evidence: measured ones first, then limits that have no measured twin."""
    features: Mapping[str, float] = evidence.get("features", {})
    limits: Mapping[str, float] = evidence.get("limits", {})
    names = [*features, *(name for name in limits if name not in features)]
    if any(name.endswith("_usual") for name in names):  # they stand there under their own names
        names = [name for name in names if name not in _TWICE]
    return [feature_row(name, evidence, wording) for name in names]


def feature_row(name: str, evidence: Mapping[str, Any], wording: Wording) -> FeatureRow:
    """Return one line: the value and the limit in one unit that reads well."""
    value: float | None = evidence.get("features", {}).get(name)
    limit: float | None = evidence.get("limits", {}).get(name)
    words = feature_name(name, wording)
    if name in _YES_OR_NO:
        return FeatureRow(words, wording.t("answer.yes") if value else wording.t("answer.no"), "", "")
    if name in _TIMES_OF_DAY:
        return FeatureRow(words, _clock(value), _clock(limit), "")
    unit = feature_unit(name, wording)
    if name in _OF_THE_QUANTITY:
        unit = _unit_of(str(evidence.get("quantity", "")), wording)
    factor = 1.0
    if name.endswith("_share") or name in _SHARES:
        factor, unit = 100.0, "%"
    known = [one for one in (value, limit) if one]
    for suffix, length, longer in _LONGER:
        if longer == "hours" and min(known, default=0.0) < _SHORTEST_H * length:
            continue  # a quarter of an hour beside a limit of four is told in minutes
        if _split(name)[1] == suffix and max(known, default=0.0) >= 2 * length:
            factor, unit = 1.0 / length, wording.t(f"feature_unit.{longer}")
            break
    if unit == "%" and factor > 1.0:
        return FeatureRow(words, _percent(value), _percent(limit), unit)
    return FeatureRow(words, _number(value, factor), _number(limit, factor), unit)


def feature_name(name: str, wording: Wording) -> str:
    """Return the words for a feature; one that the catalogue does not have is shown as it is, without its unit."""
    stem, _ = _split(name)
    known = wording.feature(name)
    return known if known != name.replace("_", " ") else wording.feature(stem)


def feature_unit(name: str, wording: Wording) -> str:
    """Return the unit that a feature's name ends with, as people write it."""
    unit = _UNITS.get(_split(name)[1], "")
    return wording.t(f"feature_unit.{unit.strip('{}')}") if unit.startswith("{") else unit


def _unit_of(quantity: str, wording: Wording) -> str:
    row = QUANTITIES.get(quantity)
    return wording.unit(quantity) if row is not None and row.kind is Kind.SCALAR else ""


def _split(name: str) -> tuple[str, str]:
    for suffix in sorted(_UNITS, key=len, reverse=True):
        if name.endswith(f"_{suffix}"):
            return name.removesuffix(f"_{suffix}"), suffix
    return name, ""


def _clock(hour: float | None) -> str:
    """Return a time of day, as 7.5 -> ``07:30``."""
    return "" if hour is None else f"{int(hour) % 24:02d}:{int(hour % 1 * 60):02d}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}" if abs(share) >= _FINEST_BELOW else f"{100 * share:.2g}"


def _number(value: float | None, factor: float = 1.0) -> str:
    if value is None:
        return ""
    shown = value * factor
    decimals = 0 if abs(shown) >= _ROUND_FROM else 3 if abs(shown) < _FINEST_BELOW else 2
    text = f"{shown:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
