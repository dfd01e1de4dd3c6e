"""Train the learned stage of ECG rhythm: ``python -m alerts.training.ecg DATA_FOLDER``; after `alerts.training.rhythm`.

Reads MIT-BIH, CPSC 2021 and CinC 2017 in the layout of `alerts.accuracy.ecg_recordings`. Writes ``ecg.npz`` (trees) and
``ecg.json`` (who trained what) into `alerts/models/`: the shipped model on everybody, five each without a fifth of the
people, and one each without a set. How log-odds become probabilities is fitted for each on people of its own training
whom trees of an inner loop left out. What the intervals say comes from a model that saw none of these recordings.
Half minutes of `alerts.accuracy.beat_series`, days of ectopy and pauses among them, train beside the ECG with all
unknown that only an ECG shows: few of the recordings have such rhythms.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from alerts.accuracy.beat_series import NAME as BEATS
from alerts.accuracy.beat_series import beat_days
from alerts.accuracy.ecg_recordings import Recording, recordings
from alerts.signal.ecg.model import CARD_FILE, MORE_IS_LESS, MORE_IS_MORE, NAMES, TREES_FILE, features_row
from alerts.signal.ecg.rhythm import readable
from alerts.signal.ecg.stream import EcgStream
from alerts.signal.ecg.strip import KEPT, features
from alerts.signal.interval_features import NAMES as INTERVALS
from alerts.signal.interval_model import interval_model
from alerts.signal.interval_model import model_without as without_person
from alerts.signal.model_file import SHIPPED
from alerts.signal.trees import Trees
from alerts.training.calibration import Scored, parts, platt
from alerts.training.fall_learners import boosted
from alerts.training.rhythm import Person
from alerts.training.rhythm import examples as examples_of_beats

PARTS: Final = 5
INNER: Final = 2
WEIGHTS: Final = {"mitdb": 0.5, "cpsc2021": 0.5, "cinc2017": 1.0}
BEATS_WEIGHT: Final = 0.3
BEATS_STRIPS: Final = 40
"""Half minutes of beat times of one person and answer that train beside the ECG, shapes and P waves unknown."""
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
    start_ms: int
    fibrillates: bool
    readable: bool


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
        truth = recording.fibrillates(strip.start_ms, end_ms)
        about = recording.person, recording.name, recording.dataset
        found.append(TrainingStrip(*about, features_row(named), strip.start_ms, truth, readable(named)))
    return found


def beats_alone(people: Iterable[Person]) -> Iterator[TrainingStrip]:
    """Yield some half minutes of each person's day of beat times; what the intervals say is by trees without them."""
    rng = np.random.default_rng(int(SETTINGS["random_state"]))
    for one in people:
        said = interval_model(without_person(one.person)).log_odds_of(one.rows)
        for answer in (False, True):
            for k in rng.permutation(np.flatnonzero(one.fibrillates == answer))[:BEATS_STRIPS]:
                named = dict(zip(INTERVALS, one.rows[k].tolist(), strict=True)) | {"interval_log_odds": said[k]}
                named |= {name: named[name.replace("kept", "usual")] for name in KEPT}
                row = np.array([named.get(name, np.nan) for name in NAMES])
                yield TrainingStrip(one.person, "", BEATS, row, 0, answer, readable=False)


def fit(group: Sequence[TrainingStrip]) -> Trees:
    """Return trees trained on a group of strips."""
    signs = [1 if name in MORE_IS_MORE else -1 if name in MORE_IS_LESS else 0 for name in NAMES]
    learner = HistGradientBoostingClassifier(monotonic_cst=signs, **SETTINGS)
    rows = np.array([one.row for one in group])
    labels = np.array([one.fibrillates for one in group])
    weights = np.array([WEIGHTS.get(one.dataset, BEATS_WEIGHT) for one in group])
    return boosted(learner.fit(rows, labels, sample_weight=weights))


def scored(recording: Sequence[TrainingStrip], trees: Trees) -> Scored:
    """Return what trees say of the readable strips of a recording, each with its readable neighbours."""
    alone = trees.log_odds_of(np.array([one.row for one in recording]))
    alone[[not one.readable for one in recording]] = np.nan
    longer = np.pad(alone, 1, constant_values=np.nan)
    read = np.isfinite(alone)
    means = np.nanmean(np.stack([longer[:-2], alone, longer[2:]])[:, read], axis=0)
    return Scored(means, np.array([one.fibrillates for one in recording])[read])


def calibration(group: Sequence[TrainingStrip]) -> tuple[float, float]:
    """Return slope and offset, by an inner loop over a group."""
    beats = [one for one in group if one.dataset == BEATS]
    group = [one for one in group if one.dataset != BEATS]
    part = parts(_people(group), INNER)
    left_out = []
    for number in range(INNER):
        trees = fit([*(one for one in group if part[one.person] != number), *beats])
        mine = [one for one in group if part[one.person] == number]
        for _, strips in itertools.groupby(mine, key=lambda one: (one.dataset, one.record)):
            left_out.append(scored(list(strips), trees))
    return platt([one for one in left_out if len(one.truth)])


def _people(group: Sequence[TrainingStrip]) -> dict[str, tuple[str, bool]]:
    ill = {one.person for one in group if one.fibrillates}
    return {one.person: (one.dataset, one.person in ill) for one in group}


def train(folder: Path) -> None:
    """Train all models and write them."""
    strips = [one for recording in recordings(folder) for one in examples(recording)]
    train_on(strips, list(beats_alone(map(examples_of_beats, beat_days(folder)))))


def train_on(group: Sequence[TrainingStrip], beats: Sequence[TrainingStrip]) -> None:
    """Train all models on strips of ECG, and of beats alone, and write them."""
    part = parts(_people(group), PARTS)
    left: dict[str, Sequence[TrainingStrip]] = {SHIPPED: group}
    left |= {f"without_{n}": [one for one in group if part[one.person] != n] for n in range(PARTS)}
    left |= {f"without_{name}": [one for one in group if one.dataset != name] for name in WEIGHTS}
    arrays: dict[str, NDArray[Any]] = {}
    odds = {}
    for name, strips in left.items():
        arrays |= fit([*strips, *beats]).arrays(name)
        odds[name] = calibration([*strips, *beats])
    np.savez_compressed(TREES_FILE, allow_pickle=False, **arrays)
    records = {f"{one.dataset}/{one.record}": f"without_{part[one.person]}" for one in group}
    card = {
        "settings": SETTINGS,
        "features": NAMES,
        "weights": {**WEIGHTS, BEATS: BEATS_WEIGHT},
        "calibration": odds,
        "left_out": dict(sorted(records.items())),
    }
    CARD_FILE.write_text(json.dumps(card, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    train(Path(sys.argv[1]))
