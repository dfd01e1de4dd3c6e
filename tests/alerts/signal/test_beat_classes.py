"""Beats told apart by intervals alone, on rhythms written down by hand."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.signal.beat_classes import BeatClass, classified, compensated_share, doubled_share, usual_interval
from alerts.signal.interval_features import NAMES, interval_features

U, E, A, L = BeatClass.USUAL, BeatClass.EARLY, BeatClass.AFTER, BeatClass.LONG


def classes(*rr_ms: float) -> list[int]:
    return [int(one) for one in classified(np.array(rr_ms, dtype=np.float64)).classes]


def test_an_early_beat_and_what_follows_it_are_told_from_the_usual() -> None:
    assert classes(800, 810, 500, 1_090, 800, 790, 805) == [U, U, E, A, U, U, U]


def test_a_couplet_is_two_early_beats_and_one_after() -> None:
    assert classes(800, 810, 500, 480, 1_000, 800, 790, 805, 800) == [U, U, E, E, A, U, U, U, U]


def test_in_bigeminy_the_usual_interval_is_half_of_both() -> None:
    twos = np.tile([520.0, 1_080.0], 12)
    assert usual_interval(twos) == 800.0
    assert set(classified(twos).classes.tolist()) == {E, A}
    assert compensated_share(twos, classified(twos)) == 1.0


def test_early_beats_that_reset_the_sinus_node_do_not_shorten_the_usual_interval() -> None:
    many = np.array([850.0, 840, 430, 1_000, 850, 840, 450, 1_010, 860, 430, 990, 850, 840, 440, 1_000, 850])
    assert classified(many).usual_ms == pytest.approx(850, abs=12)


def test_a_dropped_beat_lasts_two_intervals_and_a_sinus_pause_what_it_likes() -> None:
    dropped = np.array([800.0, 800, 800, 1_600, 800, 800, 800, 1_610, 800, 800])
    assert classified(dropped).classes.tolist().count(L) == 2
    assert doubled_share(dropped, classified(dropped)) == 1.0
    paused = np.where(dropped > 1_000, 1_950.0, dropped)
    assert doubled_share(paused, classified(paused)) == 0.0


def test_ectopy_on_a_steady_rhythm_is_not_what_chance_looks_like() -> None:
    rng = np.random.default_rng(3)
    rr = 800.0 + rng.normal(0, 10, 40)
    rr[4:40:5] = 480.0
    rr[5:40:5] = 1_020.0
    ectopy, chance = interval_features(rr), interval_features(rng.uniform(480, 1_100, 40))
    assert ectopy["changed_share"] > 0.4
    assert ectopy["usual_changed_share"] == 0.0
    assert chance["usual_changed_share"] > 0.4
    assert ectopy["premature_share"] == pytest.approx(0.2)
    assert ectopy["alike_share"] > 0.5 > chance["alike_share"]


def test_too_few_intervals_say_nothing() -> None:
    found = interval_features(np.array([800.0, 810.0]))
    assert tuple(found) == NAMES
    assert np.isnan(list(found.values())).all()
