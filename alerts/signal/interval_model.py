"""The learned stage of beat intervals: how much they look like atrial fibrillation, whatever sensor found the beats.

Trained in `alerts.training.rhythm` on days of beat times of people with fibrillation, ectopy, pauses, heart failure and
plain sinus rhythm; what it reaches on people and sets that it never saw stands in alerts/measured/rhythm.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from alerts.signal.interval_features import NAMES
from alerts.signal.model_file import ModelFile
from alerts.signal.trees import Trees

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


_FILE = ModelFile("rhythm")
TREES_FILE: Final = _FILE.trees_file
CARD_FILE: Final = _FILE.card_file
card = _FILE.card
model_without = _FILE.without
model_without_set = _FILE.without_set
calibration = _FILE.calibration
interval_model = _FILE.trees


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
