"""The learned stage of rhythm: how much a strip looks like atrial fibrillation, from its features.

Trained in `alerts.training.ecg`; what it reaches on recordings that it never saw stands in alerts/measured/rhythm.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from alerts.signal.interval_model import interval_log_odds, interval_model
from alerts.signal.motion import Float
from alerts.signal.trees import Trees, load_trees

FOLDER: Final = Path(__file__).parents[2] / "models"
TREES_FILE: Final = FOLDER / "ecg.npz"
CARD_FILE: Final = FOLDER / "ecg.json"
SHIPPED: Final = "shipped"
OWN_NAMES: Final = (
    "changed_share", "median_change", "lag2_change", "lag3_change", "entropy_of_rate", "sample_entropy",
    "kept_sample_entropy", "kept_changed_share", "kept_spread", "early_share", "odd_share", "likeness",
    "p_wave_likeness", "p_wave_share", "noise_share", "heart_rate_bpm", "kurtosis", "high_power_share",
    "turning_share", "qrs_power_share", "longest", "shortest",
)  # fmt: skip
"""The features it uses besides, of `alerts.signal.ecg.strip.features`."""
NAMES: Final = ("interval_log_odds", *OWN_NAMES)
"""What the trees see: what the intervals alone say, by a model that saw none of these recordings, comes first."""
MORE_IS_MORE: Final = frozenset(
    {
        "interval_log_odds", "changed_share", "median_change", "lag2_change", "lag3_change", "entropy_of_rate",
        "sample_entropy", "kept_sample_entropy", "kept_changed_share", "kept_spread",
    }
)  # fmt: skip
"""A larger value may only speak for fibrillation, whatever the training recordings were like."""
MORE_IS_LESS: Final = frozenset({"early_share", "p_wave_likeness"})
"""A larger value may only speak against it."""


@cache
def card() -> Mapping[str, Any]:
    """Return what is written about the models: settings, who trained them, who was left out of which.

    Source: this project (`alerts.training.ecg` writes it).

    Returns
    -------
    mapping
        The content of ``alerts/models/ecg.json``.
    """
    content: Mapping[str, Any] = json.loads(CARD_FILE.read_text("utf-8"))
    return content


def model_without(record: str) -> str:
    """Return the name of a model that did not see a record: for measuring honestly.

    Source: this project (leave-one-group-out).

    Parameters
    ----------
    record : str
        Data set and record, as ``mitdb/201``.

    Returns
    -------
    str
        The shipped one if none saw the record.
    """
    left_out: Mapping[str, str] = card()["left_out"]
    return left_out.get(record, SHIPPED)


def model_without_set(dataset: str) -> str:
    """Return the name of a model that did not see a whole set.

    Source: this project (leave-one-set-out).

    Parameters
    ----------
    dataset : str
        Folder of the set.

    Returns
    -------
    str
        The shipped one if that is no set of the training.
    """
    name = f"without_{dataset}"
    return name if name in card()["calibration"] else SHIPPED


def calibration(name: str = SHIPPED) -> tuple[float, float]:
    """Return how the log-odds of a model become those that are as right as they say.

    Source: this project (`alerts.training.ecg` fits it on people whom the trees did not see).

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
def model(name: str = SHIPPED) -> Trees:
    """Return a stored model; read once.

    Source: this project (`alerts.training.ecg` made it).

    Parameters
    ----------
    name : str
        Of the model.

    Returns
    -------
    Trees
        Over the features `NAMES`.

    Raises
    ------
    KeyError
        If there is no such model.
    """
    return load_trees(TREES_FILE, name)


def log_odds(found: Mapping[str, float], trees: Trees) -> float:
    """Return how much a strip looks like fibrillation.

    Source: this project; measured in alerts/measured/rhythm.md.

    Parameters
    ----------
    found : mapping of str to float
        `alerts.signal.ecg.strip.features`, each in its own unit. [unit of each feature]
    trees : Trees
        The learned stage.

    Returns
    -------
    float
        Natural logarithm of the odds. [-]

    Raises
    ------
    KeyError
        If a feature is not among them.
    """
    return trees.log_odds(features_row(found))


def features_row(found: Mapping[str, float]) -> Float:
    """Return what the trees see of a strip.

    Source: this project.

    Parameters
    ----------
    found : mapping of str to float
        `alerts.signal.ecg.strip.features`. [unit of each feature]

    Returns
    -------
    ndarray, shape (features,)
        `NAMES`; what the intervals say comes from the shipped model, which saw no ECG. [unit of each feature]

    Raises
    ------
    KeyError
        If a feature is not among them.
    """
    of_intervals = interval_log_odds(found, interval_model())
    return np.array([of_intervals, *(found[name] for name in OWN_NAMES)])
