"""What a detector measured and what it compared with, in words and with units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    "s": "{seconds}",
    "ms": "ms",
    "min": "{minutes}",
    "h": "{hours}",
    "hz": "Hz",
    "m": "m",
    "kg": "kg",
}


_ROUND_FROM = 20.0
_YES_OR_NO = frozenset({"disconnected"})
_LONGER = ((3_600.0, "hours"), (60.0, "minutes"))
"""From twice this many seconds on, a time is told in the longer unit."""


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
    return [_row(name, features.get(name), limits.get(name), wording) for name in names]


def _row(name: str, value: float | None, limit: float | None, wording: Wording) -> FeatureRow:
    words = feature_name(name, wording)
    if name in _YES_OR_NO:
        return FeatureRow(words, wording.t("answer.yes") if value else wording.t("answer.no"), "", "")
    unit = feature_unit(name, wording)
    for seconds, longer in _LONGER:
        if name.endswith("_s") and max(value or 0.0, limit or 0.0) >= 2 * seconds:
            value, limit = (None if one is None else one / seconds for one in (value, limit))
            unit = wording.t(f"feature_unit.{longer}")
            break
    return FeatureRow(words, _number(value), _number(limit), unit)


def feature_name(name: str, wording: Wording) -> str:
    """Return the words for a feature; one that the catalogue does not have is shown as it is, without its unit."""
    stem, _ = _split(name)
    known = wording.word("feature", name)
    return known if known != name.replace("_", " ") else wording.word("feature", stem)


def feature_unit(name: str, wording: Wording) -> str:
    """Return the unit that a feature's name ends with, as people write it."""
    unit = _UNITS.get(_split(name)[1], "")
    return wording.t(f"feature_unit.{unit.strip('{}')}") if unit.startswith("{") else unit


def _split(name: str) -> tuple[str, str]:
    for suffix in sorted(_UNITS, key=len, reverse=True):
        if name.endswith(f"_{suffix}"):
            return name.removesuffix(f"_{suffix}"), suffix
    return name, ""


def _number(value: float | None) -> str:
    if value is None:
        return ""
    decimals = 0 if abs(value) >= _ROUND_FROM else 2
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
