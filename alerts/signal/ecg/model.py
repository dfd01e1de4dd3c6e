"""The learned stage of rhythm: how much a strip looks like atrial fibrillation, from its features.

Trained in `alerts.training.ecg`; what it reaches on recordings that it never saw stands in alerts/measured/rhythm.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from alerts.signal.interval_model import interval_log_odds, interval_model
from alerts.signal.model_file import ModelFile
from alerts.signal.motion import Float
from alerts.signal.trees import Trees

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


_FILE = ModelFile("ecg")
TREES_FILE: Final = _FILE.trees_file
CARD_FILE: Final = _FILE.card_file
card = _FILE.card
model_without = _FILE.without
model_without_set = _FILE.without_set
calibration = _FILE.calibration
model = _FILE.trees


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
