"""How the learned stage is taught: copies of trunk recordings as limbs, and forests as plain arrays."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from alerts.accuracy.fall_trials import FallTrial
from alerts.signal.model_file import SHIPPED
from alerts.training.fall import Absent, Grown, groups, is_developed_on, limits, parted, plans
from alerts.training.fall_candidates import (
    ALTERED,
    LIMB,
    RECORDED,
    SOFT,
    Candidates,
    altered,
    candidates,
    examples,
    teaches,
)
from alerts.training.fall_learners import boosted, forest, together, weight
from alerts.training.fall_limits import NOTHING, Score, highest, limits_of, operating_point, within
from alerts.training.limb_copies import as_a_limb
from alerts.training.old_copies import SLOWER, as_an_old_person
from tests.conformance.detector_cases_falls import LIES, fall


def trial(position: str, dataset: str = "umafall") -> FallTrial:
    window = fall(LIES[:300])
    return FallTrial(
        dataset=dataset,
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


def test_an_old_person_takes_longer_and_hits_less_hard_in_the_same_gravity() -> None:
    one = trial("waist")
    t_ms, acc = as_an_old_person(one.t_ms, one.acc, np.random.default_rng(4))
    lasts = float(t_ms[-1] - t_ms[0]) / float(one.t_ms[-1] - one.t_ms[0])
    assert SLOWER[0] <= lasts <= SLOWER[1]
    lengths = np.linalg.norm(acc, axis=1)
    assert lengths.max() < np.linalg.norm(one.acc, axis=1).max()
    assert np.median(lengths) == pytest.approx(1.0, abs=0.05)


def test_what_was_not_recorded_stays_so_in_a_slower_copy() -> None:
    one = trial("waist")
    there = (one.t_ms < 2_000) | (one.t_ms > 4_000)
    _, acc = as_an_old_person(one.t_ms[there], one.acc[there], np.random.default_rng(4))
    assert 0.05 < np.isnan(acc[:, 0]).mean() < 0.3


@pytest.mark.parametrize("seed", range(12))
def test_another_device_never_sends_times_that_run_backwards(seed: int) -> None:
    one = trial("waist")
    t_ms, acc = altered(one.t_ms, one.acc, np.random.default_rng(seed))
    assert len(t_ms) == len(acc) > 100
    assert (np.diff(t_ms) >= 0).all()
    assert np.abs(acc).max() < 16.2


def test_only_the_trunk_is_copied_to_a_limb_and_copies_teach_limbs_only() -> None:
    assert {one.kind for one in candidates(0, trial("wrist"), 7)} == {RECORDED, ALTERED, SOFT}
    copied = candidates(0, trial("waist"), 7)
    assert {one.kind for one in copied} == {RECORDED, ALTERED, SOFT, LIMB}
    taught = {(one.kind, part): weight(one, part) for one in copied for part in ("trunk", "limb")}
    assert taught[LIMB, "trunk"] == 0.0
    assert taught[LIMB, "limb"] > 0.0 == taught[RECORDED, "limb"]
    assert taught[SOFT, "trunk"] == 0.0 < taught[ALTERED, "trunk"] < taught[RECORDED, "trunk"]


def test_falls_of_which_nobody_knows_the_knock_teach_nothing() -> None:
    unmarked = candidates(0, trial("wrist", "smartfallmm"), 7)
    assert not any(map(teaches, unmarked))
    rows, labels, weights = examples([*unmarked, *candidates(1, trial("wrist"), 7)], lambda _: 1.0)
    assert len(rows) == len(labels) == len(weights) == 4
    assert labels.all()


def test_a_fall_without_a_knock_is_taught_by_its_slide() -> None:
    slide = np.ones((1, 70))
    one = Candidates(trial("waist"), np.empty((0, 70)), np.empty(0), slide, SOFT)
    rows, labels, _ = examples([one], lambda _: 1.0)
    assert np.array_equal(rows, slide)
    assert labels.tolist() == [1]


def test_a_forest_and_boosted_trees_are_heard_together() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 5))
    labels = (rows[:, 0] + rows[:, 1] > 0.5).astype(int)
    broad = forest(ExtraTreesClassifier(n_estimators=20, max_leaf_nodes=16, random_state=1).fit(rows, labels))
    sharp = boosted(HistGradientBoostingClassifier(max_iter=10, random_state=1).fit(rows, labels))
    both = together(broad, sharp)
    for row in rows[:20]:
        assert both.log_odds(row) == pytest.approx(0.5 * broad.log_odds(row) + 0.5 * sharp.log_odds(row), abs=1e-4)
    assert highest([rows[:3], rows[:0], rows[3:4]], both) == pytest.approx(
        [max(both.log_odds(row) for row in rows[:3]), NOTHING, both.log_odds(rows[3])]
    )


def score(*, fall: bool, knock: float, slide: float = NOTHING, position: str = "waist", kind: str = RECORDED) -> Score:
    return Score("umafall/S99", position, kind, fall, 0.1, knock, slide)


def test_an_operating_point_lies_between_falls_and_what_is_none() -> None:
    scores = [score(fall=True, knock=3.0 + i / 10) for i in range(10)]
    scores += [score(fall=False, knock=-2.0 - i / 10) for i in range(10)]
    assert -2.0 < operating_point(scores, 0.02, 0.5) < 3.0


def both_parts(knock: float, kind: str = RECORDED) -> list[Score]:
    falls = [score(fall=True, knock=knock, position=at, kind=kind) for at in ("waist", "wrist")]
    return [*falls, *(score(fall=False, knock=-2.0, position=at, kind=kind) for at in ("waist", "wrist"))]


def test_soft_falls_lower_the_limit_of_the_trunk_half_way_and_of_limbs_not_at_all() -> None:
    hard = limits_of([*both_parts(3.0), *both_parts(3.0, SOFT)])
    soft = limits_of([*both_parts(3.0), *both_parts(0.0, SOFT)])
    assert hard["trunk"] - soft["trunk"] == pytest.approx(0.75, abs=0.05)
    assert hard["limb"] == soft["limb"]


def test_ankles_set_no_limit_and_slides_may_raise_few_alarms() -> None:
    both = [*both_parts(2.0), *both_parts(2.0, SOFT)]
    ankles = [score(fall=True, knock=-5.0, position="ankle")] * 50
    assert limits_of([*both, *ankles]) == limits_of(both)
    assert within([1.0, -1.0, -2.0], hours=4.0) == pytest.approx(-0.99)
    assert within([1.0], hours=100.0) == 0.0


def test_people_are_parted_without_loss() -> None:
    groups = parted({f"p{n}" for n in range(11)}, 3)
    assert sorted(len(group) for group in groups) == [3, 4, 4]
    assert set.union(*groups) == {f"p{n}" for n in range(11)}


def test_trees_are_grown_without_every_group_and_for_limits_of_sets_without_a_quarter_more() -> None:
    people = [f"{name}/{n}" for name in ("sisfall", "weda_fall", "umafall", "smartfallmm") for n in range(6)]
    apart = groups(people)
    assert set.union(*apart["quarters"].values()) == set.union(*apart["sets"].values()) == set(people)
    assert len(plans(apart)) == 1 + 4 + 4 + 16


def said_of(person: str, knock: float, *, fall: bool) -> list[Score]:
    """Return what a trunk and a wrist of somebody say."""
    return [
        Score(person, at, kind, fall, 0.1, knock, NOTHING) for at in ("waist", "wrist") for kind in (RECORDED, SOFT)
    ]


def test_all_models_but_those_without_a_set_share_limits_that_only_people_developed_on_set() -> None:
    outer, inner, other = "sisfall/SA16", "weda_fall/U01", "sisfall/SA01"
    assert not is_developed_on(outer)
    assert is_developed_on(inner)
    quarters = {"without_0": {outer, inner}, "without_1": {other}}
    usual = {"without_0": said_of(inner, 3.0, fall=True), "without_1": said_of(other, -2.0, fall=False)}
    found: dict[Absent, Grown] = {frozenset({name}): ({}, scores) for name, scores in usual.items()}
    shared = limits(SHIPPED, quarters, found)
    assert shared == limits("without_0", quarters, found)
    found[frozenset({"without_0"})] = {}, [*usual["without_0"], *said_of(outer, 9.0, fall=False)]
    assert limits(SHIPPED, quarters, found) == shared
    of_a_set: dict[Absent, Grown] = {
        frozenset({"without_sisfall", name}): ({}, scores) for name, scores in usual.items()
    }
    without = {"without_0": {inner}, "without_1": {"umafall/S01", other}}
    calm = [*said_of("umafall/S01", 0.0, fall=False), *said_of(other, 9.0, fall=False)]
    of_a_set[frozenset({"without_sisfall", "without_1"})] = {}, calm
    assert 0.0 < limits("without_sisfall", without, of_a_set)["limb"] < 3.0
