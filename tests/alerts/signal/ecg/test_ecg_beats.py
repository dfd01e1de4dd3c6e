from __future__ import annotations

import numpy as np
import pytest

from alerts.accuracy.beat_matching import BeatTally, matched
from alerts.signal import intervals
from alerts.signal.ecg.pause import pauses
from alerts.signal.ecg.stream import EcgStream
from alerts.signal.ecg.strip import Strip
from alerts.signal.votes import Votes
from tests.conformance.detector_cases_ecg import RATE_HZ, drawn, paused, regular

SEC = 1_000


def strips(ecg: np.ndarray, rate_hz: float = RATE_HZ) -> list[Strip]:
    stream = EcgStream()
    t = np.rint(np.arange(len(ecg)) * SEC / rate_hz).astype(np.int64)
    return [*stream.feed(t, ecg), *stream.flush()]


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0, -1.0])
def test_every_beat_is_found_once_at_any_size_and_upside_down(scale: float) -> None:
    beats = regular(75, 120)
    found = np.concatenate([strip.beats_ms for strip in strips(scale * drawn(beats, 120))])
    tally = matched(beats * SEC, found)
    assert tally.missed + tally.invented <= 1


def test_a_loosened_electrode_does_not_end_it() -> None:
    beats = regular(70, 180)
    ecg = drawn(beats, 180)
    ecg[round(60 * RATE_HZ) :] *= 0.1
    found = np.concatenate([strip.beats_ms for strip in strips(ecg)])
    late = beats[beats > 75] * SEC
    assert matched(late, found[found > 75_000]).sensitivity > 0.97


def test_a_pause_needs_a_live_signal() -> None:
    ecg = drawn(paused(60), 60)
    (whole,) = [pause for strip in strips(ecg) for pause in pauses(strip, 3_000)]
    assert 3.5 < (whole.end_ms - whole.start_ms) / SEC < 6
    for dead in (np.nan, 0.3):
        silent = ecg.copy()
        silent[round(41.3 * RATE_HZ) : round(44.7 * RATE_HZ)] = dead
        assert not [pause for strip in strips(silent) for pause in pauses(strip, 3_000)]


def test_matching_takes_the_nearer_and_counts_the_rest() -> None:
    tally = matched(np.array([0.0, 1_000, 2_000]), np.array([-140.0, 10, 1_200, 2_149]))
    assert tally == BeatTally(found=2, missed=1, invented=2)
    assert tally + BeatTally(1, 0, 0) == BeatTally(3, 1, 2)


def test_bigeminy_repeats_itself_and_chance_does_not() -> None:
    rng = np.random.default_rng(0)
    twos = np.tile([500.0, 1_100.0], 20) + rng.normal(0, 8, 40)
    chance = rng.uniform(450, 1_150, 40)
    assert intervals.lag_change(twos, 2) < 0.05 < intervals.lag_change(chance, 2)
    assert intervals.sample_entropy(twos) < intervals.sample_entropy(chance)
    assert intervals.changed_share(twos) > 0.9


def test_votes_forget_what_is_old_and_end_late() -> None:
    votes = Votes(2, 3, within_ms=100)
    assert not votes.cast(0, yes=True)
    assert not votes.cast(150, yes=True)
    assert votes.cast(160, yes=True)
    assert votes.on
    assert not votes.cast(170, yes=False)
    assert votes.cast(180, yes=False)
    assert not votes.on
