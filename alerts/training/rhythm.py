"""Train the learned stage of beat intervals: ``python -m alerts.training.rhythm DATA_FOLDER``.

Reads `alerts.accuracy.beat_series`. Writes ``rhythm.npz`` (trees) and ``rhythm.json`` (who trained what) into
`alerts/models/`: the shipped model on everybody, five each without a fifth of the people, and one each without a set.
How log-odds become probabilities is fitted for each on people of its own training whom trees of an inner loop left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from alerts.accuracy.beat_series import MARKED, WITHOUT, BeatDay, beat_days
from alerts.signal.interval_features import NAMES, interval_features
from alerts.signal.interval_model import CARD_FILE, MORE_IS_LESS, MORE_IS_MORE, TREES_FILE
from alerts.signal.model_file import SHIPPED
from alerts.signal.trees import Trees
from alerts.training.calibration import Scored, parts, platt
from alerts.training.fall_learners import boosted

PARTS: Final = 5
INNER: Final = 2
MOST_STRIPS: Final = 300
"""Strips of one person and one answer that train: a day of one heart is not two thousand people."""
SETTINGS: Final[Mapping[str, Any]] = {
    "max_iter": 80,
    "max_leaf_nodes": 8,
    "learning_rate": 0.08,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 20_261_129,
}
_MIN_BEATS, _MIN_COVERED_MS = 8, 24_000.0
_MOSTLY = 0.9


class Person(NamedTuple):
    """What one person's day adds to training: rows of features, and whether the atria fibrillate in each."""

    person: str
    dataset: str
    rows: NDArray[np.float32]
    fibrillates: NDArray[np.bool_]


def examples(day: BeatDay) -> Person:
    """Return the strips of a day that are wholly one or the other, in order of time."""
    rows, labels = [], []
    for strip in day.strips():
        is_mixed = 1.0 - _MOSTLY < strip.fibrillates < _MOSTLY or strip.flutters > 1.0 - _MOSTLY
        if is_mixed or len(strip.rr_ms) < _MIN_BEATS or strip.rr_ms.sum() < _MIN_COVERED_MS:
            continue
        rows.append(list(interval_features(strip.rr_ms).values()))
        labels.append(strip.fibrillates >= _MOSTLY)
    return Person(day.person, day.dataset, np.array(rows, np.float32).reshape(-1, len(NAMES)), np.array(labels, bool))


def fit(group: Sequence[Person]) -> Trees:
    """Return trees trained on some strips of everybody of a group."""
    rng = np.random.default_rng(int(SETTINGS["random_state"]))
    rows, labels = [], []
    for one in group:
        for answer in (False, True):
            mine = np.flatnonzero(one.fibrillates == answer)
            chosen = rng.permutation(mine)[:MOST_STRIPS]
            rows.append(one.rows[chosen])
            labels.append(np.full(len(chosen), answer))
    signs = [1 if name in MORE_IS_MORE else -1 if name in MORE_IS_LESS else 0 for name in NAMES]
    learner = HistGradientBoostingClassifier(monotonic_cst=signs, **SETTINGS)
    return boosted(learner.fit(np.concatenate(rows), np.concatenate(labels)))


def scored(one: Person, trees: Trees) -> Scored:
    """Return what trees say of a person, each strip with its neighbours."""
    alone = trees.log_odds_of(one.rows)
    longer = np.pad(alone, 1, mode="edge")
    return Scored((longer[:-2] + alone + longer[2:]) / 3.0, one.fibrillates)


def calibration(group: Sequence[Person]) -> tuple[float, float]:
    """Return slope and offset, by an inner loop over a group."""
    part = parts({one.person: (one.dataset, bool(one.fibrillates.any())) for one in group}, INNER)
    left_out = []
    for number in range(INNER):
        trees = fit([one for one in group if part[one.person] != number])
        left_out += [scored(one, trees) for one in group if part[one.person] == number]
    return platt(left_out)


def train(folder: Path) -> None:
    """Train all models and write them."""
    group = [examples(day) for day in beat_days(folder)]
    part = parts({one.person: (one.dataset, bool(one.fibrillates.any())) for one in group}, PARTS)
    left: dict[str, list[Person]] = {SHIPPED: group}
    left |= {f"without_{n}": [one for one in group if part[one.person] != n] for n in range(PARTS)}
    left |= {f"without_{name}": [one for one in group if one.dataset != name] for name in (*MARKED, *WITHOUT)}
    arrays: dict[str, NDArray[Any]] = {}
    odds = {}
    for name, people in left.items():
        arrays |= fit(people).arrays(name)
        odds[name] = calibration(people)
    np.savez_compressed(TREES_FILE, allow_pickle=False, **arrays)
    left_out = {person: f"without_{number}" for person, number in sorted(part.items())}
    card = {"settings": SETTINGS, "features": NAMES, "calibration": odds, "left_out": left_out}
    CARD_FILE.write_text(json.dumps(card, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    train(Path(sys.argv[1]))
