"""How recorded trials are put together into what a desk would hear."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.accuracy.development import Development
from alerts.accuracy.fall_trials import FallTrial, age_group
from alerts.accuracy.measures.fall_desk import followed, in_a_row, lying
from alerts.accuracy.row import Chosen

RATE_HZ = 50


def trial(seconds: float, hit_at_s: float | None = None) -> FallTrial:
    n = round(seconds * RATE_HZ)
    acc = np.tile([0.0, 0.0, 1.0], (n, 1)) + np.random.default_rng(n).normal(0.0, 0.2, (n, 3))
    if hit_at_s is not None:
        hit = round(hit_at_s * RATE_HZ)
        acc[hit] = (4.0, 0.0, 0.0)
        acc[hit + 100 :] = (1.0, 0.0, 0.0)
    return FallTrial(
        dataset="umafall",
        subject="S99",
        code="fall",
        is_fall=hit_at_s is not None,
        position="waist",
        age="",
        t_ms=500 + np.arange(n, dtype=np.int64) * 20,
        acc=acc,
    )


def test_activities_follow_each_other_a_second_apart() -> None:
    t_ms, acc = in_a_row([trial(4), trial(2)])
    assert len(t_ms) == len(acc) == 300
    assert t_ms[0] == 0
    steps = np.diff(t_ms)
    assert sorted(set(steps.tolist())) == [20, 1_000]
    assert int(steps.argmax()) == 199


def test_who_fell_lies_on_as_calmly_as_after_the_fall() -> None:
    fall = trial(10, hit_at_s=4)
    tail = lying(fall, 60.0)
    assert len(tail) == pytest.approx(60 * RATE_HZ, abs=4 * RATE_HZ)
    assert np.allclose(tail, (1.0, 0.0, 0.0))
    t_ms, acc = followed(fall, tail)
    assert len(t_ms) == len(acc) == len(fall.acc) + len(tail)
    assert set(np.diff(t_ms).tolist()) == {20}


def test_only_of_people_on_whom_nothing_was_chosen_a_figure_says_so() -> None:
    def claims(dataset: str, *people: str, whole_set: bool = False) -> Chosen | None:
        return Development.read().claim_together("fall_motion", dataset, people, whole_set=whole_set)

    assert claims("sisfall", "sisfall/SA01") is Chosen.SAME_PEOPLE
    assert claims("sisfall", "sisfall/SA16") is Chosen.LEFT_OUT_PEOPLE
    assert claims("sisfall", "sisfall/SA16", "sisfall/SA17") is Chosen.SAME_PEOPLE
    assert claims("umafall", "S04", "S06") is Chosen.LEFT_OUT_PEOPLE
    assert claims("umafall", "S04", "S05") is Chosen.SAME_PEOPLE
    assert claims("sp_sw_har", "sp_sw_har/s01", whole_set=True) is Chosen.LEFT_OUT_SET


def test_old_is_from_sixty_on() -> None:
    assert (age_group(59.9), age_group(60)) == ("young", "old")
