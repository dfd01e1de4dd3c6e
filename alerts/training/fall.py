"""Train the learned stage of fall detection: ``python -m alerts.training.fall DATA_FOLDER``.

Reads SisFall and WEDA-FALL in the layout of `alerts.accuracy.fall_trials`, never UMAFall (kept aside to see how the
models carry over to strangers with other sensors). Writes ``fall.npz`` (trees) and ``fall.json`` (who trained what)
into `alerts/models/`: the shipped model on everybody, six models each without a sixth of the people, and one on each
set alone. Operating points come from people that the trees in question did not see, within the training people.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from alerts.accuracy.fall_trials import trials
from alerts.signal.fall_model import CARD_FILE, PARTS, SHIPPED, TREES_FILE
from alerts.signal.trees import Trees
from alerts.training.fall_candidates import Candidates, candidates, examples

SEED: Final = 20_261_123
OUTER, INNER = 6, 3
SETTINGS: Final[Mapping[str, Any]] = {
    "max_iter": 150,
    "learning_rate": 0.06,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 10,
    "l2_regularization": 2.0,
    "early_stopping": False,
    "random_state": SEED,
}
GOALS: Final = {"sisfall": (0.015, 0.5), "weda_fall": (0.10, 4.0)}
"""Share of falls that may be missed, and false alarms per scripted hour, that weigh the same."""
WEIGHTS: Final = {"trunk": {"sisfall": 1.0, "weda_fall": 0.5}, "limb": {"sisfall": 1.0, "weda_fall": 4.0}}
"""How much each set counts in training a part: its own position most, the other for the variety of activities."""
TUNED_ON: Final = {"trunk": ("sisfall", "weda_fall"), "limb": ("weda_fall", "sisfall")}
"""Which set chooses a part's operating point: the first that is there."""

MARGIN: Final = {"trunk": 0.65, "limb": 0.3}
"""Taken off an operating point: trees trained on a third fewer people are less sure of falls than those on all.

Read off the curves of people left out (`alerts.accuracy.fall_curve`): the only two numbers that were. [log-odds]
"""


def fit(group: Sequence[Candidates], part: str) -> Trees:
    """Return trees trained on everybody of a group, altered copies included."""
    rows, labels, weights = examples(group, WEIGHTS[part])
    learner = HistGradientBoostingClassifier(**SETTINGS).fit(coarse(rows), labels, sample_weight=weights)
    return flattened(learner)


def coarse(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features in at most 250 steps each: the learner's own weighted binning would take ten times as long."""
    stepped = rows.copy()
    for column in stepped.T:
        known = np.isfinite(column)
        edges = np.unique(np.quantile(column[known], np.linspace(0.0, 1.0, 250)))
        middles = (edges + np.append(edges[1:], edges[-1])) / 2
        column[known] = middles[np.searchsorted(edges, column[known], side="right") - 1]
    return stepped


def flattened(learner: Any) -> Trees:  # noqa: ANN401 - scikit-learn has no types
    """Return scikit-learn's trees as plain arrays."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("feature", "threshold", "left", "right", "missing")}
    values: list[NDArray[Any]] = []
    roots: list[int] = []
    depth = total = 0
    for (predictor,) in learner._predictors:  # noqa: SLF001 - there is no public way to the nodes
        nodes = predictor.nodes
        leaf, here = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        roots.append(total)
        parts["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
        parts["threshold"].append(np.where(leaf, np.inf, nodes["num_threshold"]))
        parts["left"].append(total + np.where(leaf, here, nodes["left"]))
        parts["right"].append(total + np.where(leaf, here, nodes["right"]))
        parts["missing"].append(leaf | nodes["missing_go_to_left"].astype(bool))
        values.append(np.where(leaf, nodes["value"], 0.0))
        depth = max(depth, int(nodes["depth"].max()))
        total += len(nodes)
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    return Trees(
        feature=joined["feature"].astype(np.int32),
        threshold=joined["threshold"].astype(np.float32),
        left=joined["left"].astype(np.int32),
        right=joined["right"].astype(np.int32),
        missing_left=joined["missing"].astype(np.bool_),
        value=np.concatenate(values).astype(np.float32),
        root=np.array(roots, dtype=np.int32),
        depth=depth,
        offset=float(learner._baseline_prediction.ravel()[0]),  # noqa: SLF001 - the same
    )


def parted(people: Iterable[str], n: int) -> list[set[str]]:
    """Return people in n groups, each set spread evenly over them."""
    ordered = sorted(people)
    return [set(ordered[i::n]) for i in range(n)]


Scores = list[tuple[float, bool, float]]
"""Log-odds, whether it is a fall, and length of recorded trials. [h]"""


def unseen_scores(group: Sequence[Candidates], part: str, dataset: str) -> Scores:
    """Return the scores of every recorded trial of a set by trees that did not see its person."""
    scores: Scores = []
    for people in parted({one.person for one in group}, INNER):
        trees = fit([one for one in group if one.person not in people], part)
        own = (one for one in group if one.person in people and one.original and one.trial.dataset == dataset)
        for one in own:
            best = max((trees.log_odds(row) for row in one.rows), default=-50.0)
            scores.append((best, one.trial.is_fall, one.trial.hours))
    return scores


def operating_point(scores: Scores, missed: float, false_per_hour: float) -> float:
    """Return the log-odds where missed falls and false alarms, each against what is allowed, weigh least together.

    The middle of all points within a tenth of the least: a lucky single trial must not set it.
    """
    value = np.array([score for score, _, _ in scores])
    fall = np.array([is_fall for _, is_fall, _ in scores])
    hours = sum(length for _, is_fall, length in scores if not is_fall)
    points = np.arange(-6.0, 8.0, 0.02)
    misses = np.array([(value[fall] < point).mean() for point in points])
    alarms = np.array([(value[~fall] >= point).sum() for point in points]) / hours
    cost = misses / missed + alarms / false_per_hour
    return float(np.median(points[cost <= 1.1 * cost.min()]))


def limit(group: Sequence[Candidates], part: str) -> float:
    """Return a part's operating point, chosen on people of the group only."""
    there = {one.trial.dataset for one in group}
    dataset = next(name for name in TUNED_ON[part] if name in there)
    return round(operating_point(unseen_scores(group, part, dataset), *GOALS[dataset]) - MARGIN[part], 3)


def whom(people: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Return who trains each model, and which model never sees a person."""
    wanted: dict[str, set[str]] = {SHIPPED: set(people)}
    left_out: dict[str, str] = {}
    for number, absent in enumerate(parted(people, OUTER)):
        wanted[f"without_{number}"] = set(people) - absent
        left_out |= dict.fromkeys(sorted(absent), f"without_{number}")
    for name in GOALS:
        wanted[f"only_{name}"] = {person for person in people if person.startswith(f"{name}/")}
    return wanted, dict(sorted(left_out.items()))


def trained(name: str, own: Sequence[Candidates]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays of one model and what the card says of it."""
    arrays: dict[str, NDArray[Any]] = {}
    for part in PARTS:
        arrays |= fit(own, part).arrays(f"{name}/{part}")
    limits = {part: limit(own, part) for part in PARTS}
    return arrays, {"limits": limits, "trained_on": sorted({one.person for one in own})}


def train(group: Sequence[Candidates], say: Callable[[str], object]) -> None:
    """Train all models, several at a time, and write them."""
    wanted, left_out = whom(sorted({one.person for one in group}))
    own = [[one for one in group if one.person in people] for people in wanted.values()]
    arrays: dict[str, NDArray[Any]] = {}
    models: dict[str, Any] = {}
    with ProcessPoolExecutor() as workers:
        for name, (trees, entry) in zip(wanted, workers.map(trained, wanted, own), strict=True):
            arrays |= trees
            models[name] = entry
            say(f"{name}: {len(entry['trained_on'])} people, limits {entry['limits']}")
    np.savez_compressed(TREES_FILE, allow_pickle=False, **arrays)
    content = {"settings": dict(SETTINGS), "models": models, "left_out": left_out}
    CARD_FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def main() -> None:
    """Train from the folder named on the command line."""
    folder = Path(sys.argv[1])
    known = (trial for trial in trials(folder) if trial.dataset in GOALS)
    train(list(candidates(known, SEED)), lambda line: sys.stdout.write(line + "\n"))


if __name__ == "__main__":
    main()
