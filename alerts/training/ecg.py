"""Train the learned stage of rhythm: ``python -m alerts.training.ecg DATA_FOLDER``.

Reads MIT-BIH and CinC 2017 in the layout of `alerts.accuracy.ecg_recordings`. Writes ``ecg.npz`` (trees) and
``ecg.json`` (who trained what) into `alerts/models/`: the shipped model on everybody, and five models each without a
fifth of the people.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from alerts.accuracy.ecg_recordings import Recording, recordings
from alerts.signal.ecg.model import CARD_FILE, MORE_IS_LESS, MORE_IS_MORE, NAMES, SHIPPED, TREES_FILE
from alerts.signal.ecg.stream import EcgStream
from alerts.signal.ecg.strip import features
from alerts.signal.trees import Trees
from alerts.training.fall_learners import boosted

PARTS: Final = 5
WEIGHTS: Final = {"mitdb": 0.5, "cinc2017": 1.0}
"""A strip of a half-hour record counts half: sixty of them are of one person."""
SETTINGS: Final[dict[str, Any]] = {
    "max_iter": 60,
    "max_depth": 3,
    "learning_rate": 0.08,
    "min_samples_leaf": 15,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 20_261_123,
}

_SHORTEST = 1_120


class TrainingStrip(NamedTuple):
    """The features of one strip."""

    person: str
    record: str
    dataset: str
    row: NDArray[np.float64]
    fibrillates: bool


def examples(recording: Recording) -> list[TrainingStrip]:
    """Return the strips of a recording as training examples."""
    stream = EcgStream()
    strips = [*stream.feed(recording.t_ms, recording.lead_mv), *stream.flush()]
    found = []
    for strip in strips:
        if len(strip.signal) < _SHORTEST:
            continue
        end_ms = strip.start_ms + 8 * len(strip.signal)
        named = features(strip)
        row = np.array([named[name] for name in NAMES])
        truth = recording.fibrillates(strip.start_ms, end_ms)
        found.append(TrainingStrip(recording.person, recording.name, recording.dataset, row, truth))
    return found


def fit(group: list[TrainingStrip]) -> Trees:
    """Return trees trained on a group of strips."""
    signs = [1 if name in MORE_IS_MORE else -1 if name in MORE_IS_LESS else 0 for name in NAMES]
    learner = HistGradientBoostingClassifier(monotonic_cst=signs, **SETTINGS)
    rows = np.array([one.row for one in group])
    labels = np.array([one.fibrillates for one in group])
    weights = np.array([WEIGHTS[one.dataset] for one in group])
    return boosted(learner.fit(rows, labels, sample_weight=weights))


def parts(group: list[TrainingStrip]) -> dict[str, int]:
    """Return which fifth each person is in: of those with fibrillation evenly, then of the others."""
    ill = {one.person for one in group if one.fibrillates}
    people = {one.person: one.dataset for one in group}
    ordered = sorted(people, key=lambda person: (people[person], person not in ill, person))
    return {person: i % PARTS for i, person in enumerate(ordered)}


def train(folder: Path) -> None:
    """Train all models and write them."""
    group = [one for recording in recordings(folder) for one in examples(recording)]
    part = parts(group)
    arrays = fit(group).arrays(SHIPPED)
    for number in range(PARTS):
        arrays |= fit([one for one in group if part[one.person] != number]).arrays(f"without_{number}")
    np.savez_compressed(TREES_FILE, allow_pickle=False, **arrays)
    records = {f"{one.dataset}/{one.record}": f"without_{part[one.person]}" for one in group}
    card = {"settings": SETTINGS, "features": NAMES, "weights": WEIGHTS, "left_out": dict(sorted(records.items()))}
    CARD_FILE.write_text(json.dumps(card, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    train(Path(sys.argv[1]))
