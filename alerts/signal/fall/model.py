"""From the stretch around an impact to how sure we are that it was a fall, with what decided.

Trained in `alerts.training.fall`; what it reaches on people whom it never saw stands in alerts/MEASURED.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from alerts.signal.fall.features import NAMES, coverage, features, gravity_before
from alerts.signal.fall.impact import Impact
from alerts.signal.model_file import SHIPPED, ModelFile
from alerts.signal.motion import Float
from alerts.signal.trees import Trees

_FILE = ModelFile("fall")
TREES_FILE: Final = _FILE.trees_file
CARD_FILE: Final = _FILE.card_file
card = _FILE.card
TRUNK: Final = ("waist", "chest")
PARTS: Final = ("trunk", "limb")
SLIDE: Final = "slide"
_MIN_COVERAGE = 0.6
_BODY_G = (0.6, 1.5)
_CALM_G, _HARD_G = 0.15, 1.5
_WILD_G = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FallModel:
    """A learned stage with its operating points: one part for the trunk, one for wrist and everywhere else.

    Source: this project (`alerts.training.fall`); measured in alerts/MEASURED.md.

    Attributes
    ----------
    parts : mapping
        ``trunk`` and ``limb``: log-odds of a fall from the features of `alerts.signal.fall.features`.
    limits : mapping of str to float
        Log-odds at which the score is 0.5, for each part, and for slides without a knock. [-]
    """

    parts: Mapping[str, Trees]
    limits: Mapping[str, float]

    def score(self, row: Float, position: str, *, slid: bool = False) -> float:
        """Return how sure it is that features are a fall's.

        Parameters
        ----------
        row : ndarray, shape (len(NAMES),)
            `alerts.signal.fall.features.features`. [unit at the end of each name]
        position : str
            Where the sensor is worn; empty when not known.
        slid : bool
            Whether there was no knock.

        Returns
        -------
        float
            0 to 1, and 0.5 at the operating point of the part of the body, or of slides. [-]
        """
        part = part_of(position)
        above = self.parts[part].log_odds(row) - self.limits[SLIDE if slid else part]
        return float(1.0 / (1.0 + np.exp(-np.clip(above, -50.0, 50.0))))


def part_of(position: str) -> str:
    """Return which part of a model judges a body position.

    Source: this project.

    Parameters
    ----------
    position : str
        Where the sensor is worn; empty when not known.

    Returns
    -------
    str
        ``trunk`` or ``limb``.
    """
    return "trunk" if position in TRUNK else "limb"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedImpact:
    """A judged impact.

    Source: this project.

    Attributes
    ----------
    score : float
        0 to 1; 0 when too little was recorded to judge, or no body moves so. [-]
    features : dict of str to float
        What decided. [unit at the end of each name]
    gravity : ndarray, shape (3,)
        Mean acceleration before the fall. [g]
    """

    score: float
    features: dict[str, float]
    gravity: Float


@cache
def model(name: str = SHIPPED) -> FallModel:
    """Return a stored model; read once.

    Source: this project (`alerts.training.fall` made it).

    Parameters
    ----------
    name : str
        Of the model.

    Returns
    -------
    FallModel
        Its parts and operating points.

    Raises
    ------
    KeyError
        If there is no such model.
    """
    entry = card()["models"][name]
    parts = {part: _FILE.trees(f"{name}/{part}") for part in PARTS}
    return FallModel(parts=parts, limits=entry["limits"])


def model_without(dataset: str, subject: str) -> str:
    """Return the name of the model that never saw a person: for measuring honestly.

    Source: this project (leave-one-group-out).

    Parameters
    ----------
    dataset, subject : str
        The recording's data set, and the person in it.

    Returns
    -------
    str
        The shipped one for strangers.
    """
    return _FILE.without(f"{dataset}/{subject}")


def model_without_set(dataset: str) -> str:
    """Return the name of the model that saw nobody of a data set: for measuring how it carries over.

    Source: this project (leave-one-set-out).

    Parameters
    ----------
    dataset : str
        The data set.

    Returns
    -------
    str
        Whether it exists is another matter.
    """
    return f"without_{dataset}"


def judge(impact: Impact, learned: FallModel, position: str, *, slid: bool = False) -> JudgedImpact:
    """Return how much an impact looks like a fall.

    Source: this project; measured in alerts/MEASURED.md.

    Parameters
    ----------
    impact : Impact
        A knock with the stretch around it.
    learned : FallModel
        The learned stage.
    position : str
        Where the sensor is worn; empty when not known.
    slid : bool
        Whether the stretch is around a change of posture without a knock.

    Returns
    -------
    JudgedImpact
        With what decided.
    """
    row = features(impact.grid)
    named = dict(zip(NAMES, row.tolist(), strict=True))
    score = learned.score(row, position, slid=slid) if plausible(impact.grid, named) else 0.0
    shown = {
        "score": score,
        "peak_g": _peak_g(impact.grid),
        "tilt_deg": _known(named["turn_before_still_deg"], named["turn_before_after_deg"]),
        "stillness_g": _known(named["still_spread_g"], named["after_spread_g"]),
        "free_fall_ms": named["free_fall_ms"],
    }
    if slid:
        shown["turned_deg"] = shown["tilt_deg"]
    shown = {name: round(value, 4) for name, value in shown.items() if np.isfinite(value)}
    return JudgedImpact(score=score, features=shown, gravity=gravity_before(impact.grid))


def plausible(grid: Float, named: Mapping[str, float]) -> bool:
    """Return whether enough was recorded, gravity pulls before and after as it does on a body, and it is no glitch.

    A stuck, flat, spiking or saturated sensor fails here, whatever the learned part would say.

    Source: this project; tests/conformance/test_detectors.py holds broken signals against it.

    Parameters
    ----------
    grid : ndarray, shape (325, 3)
        `alerts.signal.fall.impact.Impact.grid`. [g]
    named : mapping of str to float
        `alerts.signal.fall.features.features` by name. [unit at the end of each name]

    Returns
    -------
    bool
        Whether to ask the learned part at all.
    """
    if coverage(grid, -1_000, 0) < _MIN_COVERAGE or coverage(grid, 0, 1_200) < _MIN_COVERAGE:
        return False
    low, high = _BODY_G
    levels = (named["loss_mean_g"], _known(named["after_mean_g"], named["settle_mean_g"]))
    wild = max(_known(named["after_spread_g"], 0.0), _known(named["still_spread_g"], 0.0)) > _WILD_G
    return all(low < level < high for level in levels) and not wild and not _glitch(grid)


def _glitch(grid: Float) -> bool:
    """Return whether the knock is single samples out of perfect calm: no body stops that fast."""
    length = np.linalg.norm(grid, axis=1)
    calm = np.abs(length - 1.0) < _CALM_G
    alone = calm[:-2] & calm[2:]
    hard = length[1:-1] > _HARD_G
    return bool(hard.any() and not (hard & ~alone).any())


def _known(value: float, otherwise: float) -> float:
    return value if np.isfinite(value) else otherwise


def _peak_g(grid: Float) -> float:
    length = np.linalg.norm(grid, axis=1)
    good = length[np.isfinite(length)]
    return float(good.max()) if len(good) else float("nan")
