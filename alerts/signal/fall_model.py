"""From the stretch around an impact to how sure we are that it was a fall, with what decided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from alerts.signal.fall_features import NAMES, coverage, features, gravity_before
from alerts.signal.impact import Impact
from alerts.signal.motion import Float
from alerts.signal.trees import Trees, load_trees

MODEL_FILE = Path(__file__).parent.parent / "models" / "fall.npz"
SHIPPED = "shipped"
_MIN_COVERAGE = 0.6
_BODY_G = (0.6, 1.5)


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged impact.

    Attributes
    ----------
    score : float
        0 to 1; 0 when too little was recorded to judge, or no body moves so.
    features : dict
        What decided, named with unit.
    gravity : ndarray, shape (3,)
        Mean acceleration before the fall. [g]
    """

    score: float
    features: dict[str, float]
    gravity: Float


@cache
def model(name: str = SHIPPED) -> Trees:
    """Return a stored model; read once."""
    return load_trees(MODEL_FILE, name)


def judge(impact: Impact, trees: Trees) -> Judged:
    """Return how much an impact looks like a fall."""
    row = features(impact.grid)
    named = dict(zip(NAMES, row.tolist(), strict=True))
    score = trees.probability(row) if plausible(impact.grid, named) else 0.0
    shown = {
        "score": score,
        "peak_g": _peak_g(impact.grid),
        "tilt_deg": _known(named["turn_before_still_deg"], named["turn_before_after_deg"]),
        "stillness_g": _known(named["still_spread_g"], named["after_spread_g"]),
        "free_fall_ms": named["free_fall_ms"],
    }
    shown = {name: round(value, 4) for name, value in shown.items() if np.isfinite(value)}
    return Judged(score, shown, gravity_before(impact.grid))


def plausible(grid: Float, named: dict[str, float]) -> bool:
    """Return whether enough was recorded, and before and after it gravity pulls as it does on a body.

    A stuck, flat or saturated sensor fails here, whatever the learned part would say.
    """
    if coverage(grid, -1_000, 0) < _MIN_COVERAGE or coverage(grid, 0, 1_200) < _MIN_COVERAGE:
        return False
    low, high = _BODY_G
    levels = (named["loss_mean_g"], _known(named["after_mean_g"], named["settle_mean_g"]))
    return all(low < level < high for level in levels)


def _known(value: float, otherwise: float) -> float:
    return value if np.isfinite(value) else otherwise


def _peak_g(grid: Float) -> float:
    length = np.linalg.norm(grid, axis=1)
    good = length[np.isfinite(length)]
    return float(good.max()) if len(good) else float("nan")
