"""The learned stage of rhythm: how much a strip looks like atrial fibrillation, from its features.

Trained in `alerts.training.ecg`; what it reaches on recordings that it never saw stands in alerts/MEASURED.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from alerts.signal.trees import Trees, load_trees

FOLDER: Final = Path(__file__).parents[2] / "models"
TREES_FILE: Final = FOLDER / "ecg.npz"
CARD_FILE: Final = FOLDER / "ecg.json"
SHIPPED: Final = "shipped"
NAMES: Final = (
    "changed_share", "median_change", "lag2_change", "lag3_change", "entropy_of_rate", "sample_entropy",
    "kept_sample_entropy", "kept_changed_share", "kept_spread", "early_share", "odd_share", "likeness",
    "p_wave_likeness", "p_wave_share", "noise_share", "heart_rate_bpm", "kurtosis", "high_power_share",
    "turning_share", "qrs_power_share", "longest", "shortest",
)  # fmt: skip
"""The features it uses, of `alerts.signal.ecg.strip.features`."""
MORE_IS_MORE: Final = frozenset(
    {
        "changed_share", "median_change", "lag2_change", "lag3_change", "entropy_of_rate", "sample_entropy",
        "kept_sample_entropy", "kept_changed_share", "kept_spread",
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

    Source: this project; measured in alerts/MEASURED.md.

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
    return trees.log_odds(np.array([found[name] for name in NAMES]))
