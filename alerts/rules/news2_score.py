"""NEWS2: points, what is missing and how old the rest is. Pure.

Source: Royal College of Physicians, "National Early Warning Score (NEWS) 2", London 2017, charts 1 and 2. The score
does not cover hypertensive crisis (a systolic pressure of 180 scores 0): `alerts.rules.referral` runs beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from anhu.contract.words import text

PULSE, CONSCIOUSNESS = "heart_rate", "consciousness"
_BANDS: Mapping[str, tuple[tuple[float, int], ...]] = {
    "respiration_rate": ((8, 3), (11, 1), (20, 0), (24, 2), (math.inf, 3)),
    "spo2": ((91, 3), (93, 2), (95, 1), (math.inf, 0)),
    "systolic_pressure": ((90, 3), (100, 2), (110, 1), (219, 0), (math.inf, 3)),
    PULSE: ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (math.inf, 3)),
    "body_temperature": ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (math.inf, 2)),
}
_SCALE_2_AIR = ((83, 3), (85, 2), (87, 1), (math.inf, 0))
_SCALE_2_OXYGEN = ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (math.inf, 3))
MEASURED = tuple(_BANDS)
OXYGEN_POINTS = 2
SINGLE = 3
URGENT = 5
EMERGENCY = 7


def points(part: str, value: float, *, scale_2: bool = False, oxygen: bool = False) -> int:
    """Return the points of one part; values are read as the chart prints them: whole, temperature to 0.1."""
    shown = round(value, 1 if part == "body_temperature" else 0)
    return next(p for upper, p in _bands(part, scale_2=scale_2, oxygen=oxygen) if shown <= upper)


def _bands(part: str, *, scale_2: bool, oxygen: bool) -> tuple[tuple[float, int], ...]:
    if part == "spo2" and scale_2:
        return _SCALE_2_OXYGEN if oxygen else _SCALE_2_AIR
    return _BANDS[part]


def healthy(part: str, *, scale_2: bool = False, oxygen: bool = False) -> tuple[float, float]:
    """Return the ends between which, strictly, a value of a part scores 0; everything for what is not scored."""
    if part not in _BANDS:
        return -math.inf, math.inf
    bands = _bands(part, scale_2=scale_2, oxygen=oxygen)
    place = next(i for i, (_, got) in enumerate(bands) if not got)
    half = 0.05 if part == "body_temperature" else 0.5
    return bands[place - 1][0] + half, bands[place][0] + half


class Score(NamedTuple):
    """A score that says what it does not know.

    Attributes
    ----------
    parts : mapping
        Part -> points, of what was measured recently enough.
    ages_s : mapping
        Part -> age of its value. [s]
    missing : tuple of str
        Parts that were not measured, or too long ago: unknown, which is not 0.
    total : int
        At least this: what is missing can only add to it.
    """

    parts: Mapping[str, int]
    ages_s: Mapping[str, float]
    missing: tuple[str, ...]
    total: int

    @property
    def has_single_three(self) -> bool:
        """Whether one part alone asks for an urgent review; a lone part has a rule of its own."""
        return SINGLE in self.parts.values()


def score(
    values: Mapping[str, tuple[float, float]], *, scale_2: bool = False, oxygen: bool = False, oldest_s: float = 3_600.0
) -> Score:
    """Score what there is: part -> (value, age in seconds). Consciousness is never measured by a device."""
    fresh = {part: pair for part, pair in values.items() if part in _BANDS and pair[1] <= oldest_s}
    parts = {part: points(part, value, scale_2=scale_2, oxygen=oxygen) for part, (value, _) in fresh.items()}
    missing = (*(part for part in MEASURED if part not in fresh), CONSCIOUSNESS)
    total = sum(parts.values()) + (OXYGEN_POINTS if oxygen else 0)
    return Score(parts, {part: age for part, (_, age) in fresh.items()}, missing, total)


def described(scored: Score, language: str) -> str:
    """Return one line for people: the total, each part with its age, and what is missing."""

    def name(part: str) -> str:
        return text(f"alert.news2.{part}", language)

    between = text("alert.news2.between", language)
    known = between.join(
        text("alert.news2.part", language, name=name(part), points=got, minutes=round(scored.ages_s[part] / 60))
        for part, got in scored.parts.items()
    )
    unknown = between.join(name(part) for part in scored.missing)
    return text("alert.news2.line", language, total=scored.total, known=known, missing=unknown)
