"""How the trees of fall detection grow: a forest of random splits and boosted trees, heard together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from alerts.signal.fall.model import part_of
from alerts.signal.trees import Trees
from alerts.training.fall_candidates import ALTERED, LIMB, RECORDED, SOFT, Candidates, examples

SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "boosting": {
        "max_iter": 200,
        "learning_rate": 0.05,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 2.0,
        "early_stopping": False,
        "random_state": 20_261_123,
    },
    "forest": {
        "n_estimators": 100,
        "max_depth": 16,
        "max_leaf_nodes": 128,
        "min_samples_leaf": 3,
        "random_state": 20_261_123,
    },
}
_FEW: Final[Mapping[str, Mapping[str, Any]]] = {
    "boosting": {"max_iter": 66, "learning_rate": 0.15},
    "forest": {"n_estimators": 33},
}
SHARE: Final = {"forest": 0.5, "boosting": 0.5}
"""How much each of the two says: random splits carry over to other devices, boosting is sharper on known ones."""
OWN: Final = {"trunk": 1.0, "limb": 4.0}
OTHER: Final = {"trunk": 0.5, "limb": 0.0}
"""How much a recording counts that was worn where the part is, and elsewhere (for the variety of activities)."""
OF_COPY: Final = {"trunk": 0.0, "limb": 0.5}
"""How much a recording of the trunk counts that was made one of a limb."""
_OF_KIND: Final = {RECORDED: 1.0, ALTERED: 0.25, SOFT: 0.0}
"""Slower and softer copies teach nothing, they set limits: taught, whoever lies down quickly looks like who falls."""
_MISSING: Final = -1.0
_DECIDED: Final = 2.0
"""A mean over trees is less decided than it is right; so much steeper, its scores are spread as those of boosting."""


def fit(group: Sequence[Candidates], part: str, *, few: bool = False) -> Trees:
    """Return trees for a part of the body, trained on everybody of a group.

    With `few` a third of the trees: enough to read an operating point off people whom they did not see.
    """
    rows, labels, weights = examples(group, lambda one: weight(one, part))
    boosting = {**SETTINGS["boosting"], **(_FEW["boosting"] if few else {})}
    sharp = HistGradientBoostingClassifier(**boosting).fit(coarse(rows), labels, sample_weight=weights)
    filled = np.where(np.isfinite(rows), rows, _MISSING)
    random = {**SETTINGS["forest"], **(_FEW["forest"] if few else {})}
    broad = ExtraTreesClassifier(**random).fit(filled, labels, sample_weight=weights)
    return together(forest(broad), boosted(sharp))


def weight(one: Candidates, part: str) -> float:
    """Return how much a trial or copy counts in training a part."""
    if one.kind == LIMB:
        return OF_COPY[part]
    own = (OWN if part_of(one.trial.position) == part else OTHER)[part]
    return own * _OF_KIND[one.kind]


def together(broad: Trees, sharp: Trees) -> Trees:
    """Return one sum of trees that says what both say, each by its share."""
    nodes = len(broad.feature)
    return Trees(
        feature=np.concatenate([broad.feature, sharp.feature]),
        threshold=np.concatenate([broad.threshold, sharp.threshold]),
        left=np.concatenate([broad.left, sharp.left + nodes]),
        right=np.concatenate([broad.right, sharp.right + nodes]),
        missing_left=np.concatenate([broad.missing_left, sharp.missing_left]),
        value=np.concatenate([broad.value * SHARE["forest"], sharp.value * SHARE["boosting"]]).astype(np.float32),
        root=np.concatenate([broad.root, sharp.root + nodes]),
        depth=max(broad.depth, sharp.depth),
        offset=broad.offset * SHARE["forest"] + sharp.offset * SHARE["boosting"],
    )


def coarse(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features in at most 250 steps each: the learner's own weighted binning would take ten times as long."""
    stepped = rows.copy()
    for column in stepped.T:
        known = np.isfinite(column)
        edges = np.unique(np.quantile(column[known], np.linspace(0.0, 1.0, 250)))
        middles = (edges + np.append(edges[1:], edges[-1])) / 2
        column[known] = middles[np.searchsorted(edges, column[known], side="right") - 1]
    return stepped


def boosted(learner: Any) -> Trees:  # noqa: ANN401 - scikit-learn has no types
    """Return boosted trees as plain arrays."""
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
    return _joined(parts, values, roots, depth, offset=float(learner._baseline_prediction.ravel()[0]))  # noqa: SLF001


def forest(learner: Any) -> Trees:  # noqa: ANN401 - the same
    """Return a forest as plain arrays: the sum of its leaves is the mean of the trees' log-odds, made steeper."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("feature", "threshold", "left", "right", "missing")}
    values: list[NDArray[Any]] = []
    roots: list[int] = []
    depth = total = 0
    for tree in (one.tree_ for one in learner.estimators_):
        leaf, here = tree.children_left < 0, np.arange(tree.node_count)
        share = tree.value[:, 0, 1] / tree.value[:, 0].sum(axis=1)
        falls = share * tree.n_node_samples
        log_odds = np.log((falls + 0.5) / (tree.n_node_samples - falls + 0.5))
        roots.append(total)
        parts["feature"].append(np.where(leaf, 0, tree.feature))
        parts["threshold"].append(np.where(leaf, np.inf, tree.threshold))
        parts["left"].append(total + np.where(leaf, here, tree.children_left))
        parts["right"].append(total + np.where(leaf, here, tree.children_right))
        parts["missing"].append(leaf | (tree.threshold >= _MISSING))
        values.append(np.where(leaf, log_odds * _DECIDED / len(learner.estimators_), 0.0))
        depth = max(depth, int(tree.max_depth))
        total += tree.node_count
    return _joined(parts, values, roots, depth, offset=0.0)


def _joined(
    parts: Mapping[str, Sequence[NDArray[Any]]],
    values: Sequence[NDArray[Any]],
    roots: Sequence[int],
    depth: int,
    *,
    offset: float,
) -> Trees:
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
        offset=offset,
    )
