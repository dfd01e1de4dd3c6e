"""How the learned stage is taught: copies of trunk recordings as limbs, and forests as plain arrays."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from alerts.accuracy.fall_trials import FallTrial
from alerts.training.fall import parted, telling
from alerts.training.fall_candidates import ALTERED, LIMB, RECORDED, candidates
from alerts.training.fall_learners import forest, weight
from alerts.training.limb_copies import as_a_limb
from tests.conformance.detector_cases_falls import LIES, fall


def trial(position: str) -> FallTrial:
    window = fall(LIES[:300])
    return FallTrial(
        dataset="umafall",
        subject="S99",
        code="fall",
        is_fall=True,
        position=position,
        age="",
        t_ms=window.t_ms - window.t_ms[0],
        acc=window.values,
    )


def test_a_forest_as_arrays_is_the_mean_of_its_trees() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 5))
    learner = ExtraTreesClassifier(n_estimators=20, max_leaf_nodes=16, random_state=1)
    learner.fit(rows, (rows[:, 0] + rows[:, 1] > 0.5).astype(int))
    trees = forest(learner)
    odds = np.array([trees.log_odds(row) for row in rows])
    assert np.corrcoef(odds, learner.predict_proba(rows)[:, 1])[0, 1] > 0.95
    missing = np.where(np.arange(5) == 1, np.nan, rows[0])
    assert trees.log_odds(missing) == pytest.approx(trees.log_odds(np.where(np.arange(5) == 1, -1.0, rows[0])))


def test_a_limb_copy_is_the_same_each_time_and_still_lies_in_gravity() -> None:
    one = trial("waist")
    made = [as_a_limb(one.t_ms, one.acc, 6_500, np.random.default_rng(4)) for _ in range(2)]
    assert np.array_equal(made[0][1], made[1][1])
    t_ms, acc = made[0]
    assert len(t_ms) == len(acc)
    assert np.median(np.linalg.norm(acc, axis=1)) == pytest.approx(1.0, abs=0.15)
    assert not np.allclose(acc[: len(one.acc)], one.acc[: len(acc)], atol=0.1)


def test_only_the_trunk_is_copied_to_a_limb_and_copies_teach_limbs_only() -> None:
    assert {one.kind for one in candidates(0, trial("wrist"), 7)} == {RECORDED, ALTERED}
    copied = candidates(0, trial("waist"), 7)
    assert {one.kind for one in copied} == {RECORDED, ALTERED, LIMB}
    taught = {(one.kind, part): weight(one, part) for one in copied for part in ("trunk", "limb")}
    assert taught[LIMB, "trunk"] == 0.0
    assert taught[LIMB, "limb"] > 0.0 == taught[RECORDED, "limb"]
    assert taught[ALTERED, "trunk"] < taught[RECORDED, "trunk"]


def test_an_operating_point_is_read_off_people_who_wore_it_there_else_off_copies() -> None:
    both = [*candidates(0, trial("waist"), 7), *candidates(1, trial("wrist"), 7)]
    assert {one.trial.position for one in telling(both, "limb")} == {"wrist"}
    assert {one.kind for one in telling(candidates(0, trial("waist"), 7), "limb")} == {LIMB}


def test_people_are_parted_without_loss() -> None:
    groups = parted({f"p{n}" for n in range(11)}, 3)
    assert sorted(len(group) for group in groups) == [3, 4, 4]
    assert set.union(*groups) == {f"p{n}" for n in range(11)}
