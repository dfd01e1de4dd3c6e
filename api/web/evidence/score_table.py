"""The early-warning score part by part: what was measured, when, what it scores; and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.rules import news2_score as news2
from anhu.contract.clock import SECOND_MS
from api.web.evidence.features import FeatureRow, feature_row
from api.web.wording import Wording

_SUFFIXES = ("_per_min", "_percent", "_mmhg", "_bpm", "_cel")
_REFERRAL = "referral_"


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of the score.

    Attributes
    ----------
    value : str
        With its unit; empty when it is missing.
    at_ms : int
        When it was measured. [ms]
    points : int or None
        None when it is missing: unknown, which is not 0.
    before : str
        How old it was when the score was told.
    """

    name: str
    value: str
    at_ms: int
    points: int | None
    before: str = ""


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The score as the template draws it.

    Attributes
    ----------
    oxygen : int
        Points for breathing oxygen.
    scale : int
        Which scale of oxygen saturation was used: 1, or 2 for COPD.
    referrals : list of FeatureRow
        Conditions of the urgent-referral table that are met.
    """

    parts: list[PartLine]
    total: int
    oxygen: int
    scale: int
    referrals: list[FeatureRow]


def score_table(evidence: Mapping[str, Any], wording: Wording) -> ScoreTable | None:
    """Return the table of an early-warning score; None for evidence that holds none."""
    features: Mapping[str, float] = evidence.get("features", {})
    if "news2_points" not in features:
        return None
    parts = [_part(part, evidence, wording) for part in (*news2.MEASURED, news2.CONSCIOUSNESS)]
    return ScoreTable(
        parts=parts,
        total=round(features["news2_points"]),
        oxygen=round(features.get("oxygen_points", 0)),
        scale=round(features.get("spo2_scale", 1)),
        referrals=[feature_row(name, evidence, wording) for name in features if name.startswith(_REFERRAL)],
    )


def _part(part: str, evidence: Mapping[str, Any], wording: Wording) -> PartLine:
    features: Mapping[str, float] = evidence["features"]
    name = wording.word("part", part)
    if f"{part}_points" not in features:
        return PartLine(name, "", 0, None)
    row = next((feature_row(one, evidence, wording) for s in _SUFFIXES if (one := part + s) in features), None)
    value = f"{row.value} {row.unit}".strip() if row else ""
    age_s = features.get(f"{part}_age_s", 0.0)
    at_ms = int(evidence.get("end_ms", 0)) - round(age_s * SECOND_MS)
    before = wording.t("score.before", minutes=round(age_s / 60))
    return PartLine(name, value, at_ms, round(features[f"{part}_points"]), before)
