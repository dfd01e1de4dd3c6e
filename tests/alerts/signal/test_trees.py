from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from alerts.signal.fall.features import NAMES
from alerts.signal.fall.model import PARTS, card, model, part_of
from alerts.signal.trees import load_trees
from alerts.training.fall_learners import boosted
from alerts.training.fall_limits import NOTHING, Score, operating_point


def test_plain_arrays_say_what_the_learning_library_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(600, 6))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    labels = (np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 1]) ** 2 > 0.8).astype(int)
    learner = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(rows, labels)
    arrays: dict[str, Any] = dict(boosted(learner).arrays("one"))
    np.savez_compressed(tmp_path / "model.npz", **arrays)
    trees = load_trees(tmp_path / "model.npz", "one")
    ours = [trees.probability(row) for row in rows]
    np.testing.assert_allclose(ours, learner.predict_proba(rows)[:, 1], atol=1e-4)


@pytest.mark.parametrize("name", card()["models"])
def test_every_stored_model_judges_the_features_of_today(name: str) -> None:
    learned = model(name)
    for part in PARTS:
        assert learned.parts[part].feature.max() < len(NAMES)
    nothing = np.full(len(NAMES), np.nan)
    assert 0.0 <= learned.score(nothing, "waist") <= 1.0


def test_nobody_is_judged_by_a_model_trained_on_them() -> None:
    for person, name in card()["left_out"].items():
        assert person not in card()["models"][name]["trained_on"]


def test_unknown_positions_are_judged_as_the_wrist_is() -> None:
    assert part_of("waist") == part_of("chest") == "trunk"
    assert part_of("wrist") == part_of("") == part_of("somewhere") == "limb"


def test_the_operating_point_lies_between_falls_and_activities() -> None:
    falls = [(float(x), True) for x in np.linspace(1, 5, 50)]
    calm = [(float(x), False) for x in np.linspace(-5, -1, 50)]
    scores = [Score("umafall/S99", "waist", "recorded", fall, 0.01, x, NOTHING) for x, fall in [*falls, *calm]]
    assert operating_point(scores, 0.01, 1.0) == pytest.approx(0.0, abs=0.1)
