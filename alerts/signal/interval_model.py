"""The learned stage of beat intervals: how much they look like atrial fibrillation, whatever sensor found the beats.

Trained in `alerts.training.rhythm` on days of beat times of people with fibrillation, ectopy, pauses, heart failure and
plain sinus rhythm; what it reaches on people and sets that it never saw stands in alerts/measured/rhythm.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from alerts.signal.interval_features import NAMES
from alerts.signal.trees import Trees, load_trees

FOLDER: Final = Path(__file__).parents[1] / "models"
TREES_FILE: Final = FOLDER / "rhythm.npz"
CARD_FILE: Final = FOLDER / "rhythm.json"
SHIPPED: Final = "shipped"
MORE_IS_MORE: Final = frozenset(
    {
        "median_change", "changed_share", "lag2_change", "lag3_change", "repeat_change", "entropy_of_rate",
        "sample_entropy", "map_share", "usual_changed_share", "usual_spread", "usual_sample_entropy",
    }
)  # fmt: skip
"""A larger value may only speak for fibrillation, whatever the training recordings were like."""
MORE_IS_LESS: Final = frozenset(
    {"alike_share", "two_alike_share", "steady_share", "compensated_share", "doubled_share", "usual_memory"}
)
"""A larger value may only speak against it."""


@cache
def card() -> Mapping[str, Any]:
    """Return what is written about the models: settings, who was left out of which, how odds became probabilities.

    Source: this project (`alerts.training.rhythm` writes it).

    Returns
    -------
    mapping
        The content of ``alerts/models/rhythm.json``.
    """
    content: Mapping[str, Any] = json.loads(CARD_FILE.read_text("utf-8"))
    return content


def model_without(person: str) -> str:
    """Return the name of a model that did not see a person: for measuring honestly.

    Source: this project (leave-one-group-out).

    Parameters
    ----------
    person : str
        Set and person, as ``ltafdb/103``.

    Returns
    -------
    str
        The shipped one if none saw the person.
    """
    left_out: Mapping[str, str] = card()["left_out"]
    return left_out.get(person, SHIPPED)


def model_without_set(dataset: str) -> str:
    """Return the name of a model that did not see a whole set.

    Source: this project (leave-one-set-out).

    Parameters
    ----------
    dataset : str
        The set within beat_series.

    Returns
    -------
    str
        The shipped one if that is no set of the training.
    """
    name = f"without_{dataset}"
    return name if name in card()["calibration"] else SHIPPED


def calibration(name: str = SHIPPED) -> tuple[float, float]:
    """Return how the log-odds of a model become those that are as right as they say.

    Source: this project (`alerts.training.rhythm` fits it on people whom the trees did not see).

    Parameters
    ----------
    name : str
        Of the model.

    Returns
    -------
    tuple of float
        Slope and offset. [-]
    """
    slope, offset = card()["calibration"][name]
    return float(slope), float(offset)


@cache
def interval_model(name: str = SHIPPED) -> Trees:
    """Return a stored model; read once.

    Source: this project (`alerts.training.rhythm` made it).

    Parameters
    ----------
    name : str
        Of the model.

    Returns
    -------
    Trees
        Over `alerts.signal.interval_features.NAMES`.

    Raises
    ------
    KeyError
        If there is no such model.
    """
    return load_trees(TREES_FILE, name)


def interval_log_odds(found: Mapping[str, float], trees: Trees) -> float:
    """Return how much intervals look like fibrillation.

    Source: this project; measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    found : mapping of str to float
        `alerts.signal.interval_features.interval_features`. [unit of each feature]
    trees : Trees
        The learned stage.

    Returns
    -------
    float
        Natural logarithm of the odds; NaN for too few intervals. [-]

    Raises
    ------
    KeyError
        If a feature is not among them.
    """
    row = np.array([found[name] for name in NAMES])
    return trees.log_odds(row) if np.isfinite(row[0]) else float("nan")
