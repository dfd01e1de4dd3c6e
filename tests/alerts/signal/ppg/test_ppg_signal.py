from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from alerts.accuracy.run import measure
from alerts.detectors.ppg_pulse import PpgPulse
from alerts.finding import Finding
from alerts.rules.detector import Window
from alerts.signal.filters import band_pass, band_passed
from alerts.signal.ppg.arm import levelled, without_arm
from alerts.signal.ppg.pulse import pulse_likelihoods
from alerts.signal.ppg.rate_tracker import Estimate, RateTracker
from alerts.signal.ppg.rates import PULSE_SURE, PpgRates
from alerts.signal.ppg.stream import PpgStream
from tests.conformance.detector_cases_ppg import drawn, irregular, regular, resting, swinging
from tests.conformance.detector_streams import handed


def estimates(windows: Sequence[Window]) -> list[Estimate]:
    stream, rates = PpgStream(), PpgRates()
    found: list[Estimate] = []
    for one in windows:
        feed = stream.feed_acc if one.quantity == "acceleration" else stream.feed
        for looked in feed(one.t_ms, one.values):
            rates.feed(looked)
            found += rates.pulse
    return found


def test_the_pulse_is_followed_not_the_arm() -> None:
    for arm in (100, 130, 170):
        found = estimates(swinging(drawn(regular(150, 120), 120), arm))
        sure = [e.rate for e in found if e.sure >= PULSE_SURE]
        assert len(sure) > 0.7 * len(found)
        assert np.mean(np.abs(np.array(sure) - 150)) < 3


def test_what_comes_late_is_waited_for() -> None:
    together = swinging(drawn(regular(120, 90), 90), 90)
    motion = [one for one in together if one.quantity == "acceleration"]
    pulse = [one for one in together if one.quantity == "ppg"]
    behind = [*pulse[:5], *(one for pair in zip(motion, pulse[5:], strict=False) for one in pair)]
    expected = {e.t_ms: e for e in estimates(together)}
    assert all(expected[e.t_ms] == e for e in estimates(behind))


def test_a_restart_between_any_two_windows_changes_nothing() -> None:
    still = resting(drawn(irregular(260), 260))
    moving = swinging(drawn(irregular(260), 260), 60)
    for stream in (still, moving):
        expected = handed(PpgPulse(), stream)
        for cut in range(3, len(stream), 67):
            first, second = PpgPulse(), PpgPulse()
            found: list[Finding] = handed(first, stream[:cut])
            second.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(first.snapshot())))
            assert found + handed(second, stream[cut:]) == expected


def test_noise_leaves_no_sure_rate_for_long() -> None:
    rng = np.random.default_rng(3)
    found = estimates(resting(rng.normal(0, 100, 64 * 300)))
    assert np.mean([e.sure >= PULSE_SURE for e in found]) < 0.5


def test_a_tracker_prefers_the_steady_of_two_peaks() -> None:
    grid = np.arange(40.0, 200.0)
    rng = np.random.default_rng(0)
    tracker = RateTracker(grid, walk=4.0, around=5.0, lag=2)
    found: list[Estimate] = []
    for k in range(30):
        jumping = 50 + 120 * rng.random()
        peaks = np.exp(-0.5 * ((grid - 90) / 3) ** 2) + 1.2 * np.exp(-0.5 * ((grid - jumping) / 3) ** 2)
        found += tracker.feed([(2_000 * k, (0.1 + peaks) ** 2)])
    assert all(abs(e.rate - 90) < 3 for e in found[8:])


def test_the_measure_reads_the_layout_of_both_sets(tmp_path: Path) -> None:
    (tmp_path / "bidmc").mkdir()
    (tmp_path / "troika").mkdir()
    ppg = np.interp(np.arange(300 * 125) / 125, np.arange(300 * 64) / 64, drawn(regular(72, 300), 300))
    whole = np.round(ppg).astype(np.int16)
    shown = np.full(300, 72.0)
    breaths = np.arange(0, 300 * 125, 500)
    np.savez(
        tmp_path / "bidmc" / "bidmc_01.npz",
        PLETH=whole,
        PLETH_scale=1.0,
        patient="p1",
        num_PULSE=shown,
        num_HR=shown,
        breaths_ann1=breaths,
        breaths_ann2=breaths,
    )
    both, still, truth = np.tile(whole, (2, 1)), np.zeros((3, len(ppg)), dtype=np.int16), np.full(146, 72.0)
    np.savez(tmp_path / "troika" / "01_TYPE01.npz", ppg=both, acc=still, acc_scale=0.01, fs=125.0, ref_bpm=truth)
    rows = {(r.dataset, r.group, r.metric): r.value for r in measure(tmp_path, "ppg_pulse")}
    assert rows["troika", "pulse", "mae"] < 1.0
    assert rows["bidmc", "pulse", "mae"] < 1.0
    assert rows["bidmc", "respiration", "mae"] == pytest.approx(0, abs=1)
    assert rows["bidmc", "respiration", "coverage"] > 0.8


def told(found: Sequence[Estimate]) -> list[Estimate]:
    return [e for e in found if e.sure >= PULSE_SURE]


def test_what_the_arm_explains_is_taken_out_whatever_its_rate() -> None:
    rng = np.random.default_rng(5)
    t = np.arange(200) / 25
    pulse = np.sin(2 * np.pi * 2.0 * t)
    acc = 0.02 * rng.normal(size=(3, 200))
    acc[0] += np.sin(2 * np.pi * 1.4 * t) + 0.5 * np.sin(2 * np.pi * 2.8 * t + 1)
    acc[2] += np.sin(2 * np.pi * 0.7 * t) * np.sin(2 * np.pi * 3.3 * t)
    echo = 5 * acc[0] - 3 * np.roll(acc[2], 1)
    left = without_arm(levelled((pulse + echo)[None, None]), levelled(acc[None]))[0, 0]
    assert np.corrcoef(left, pulse)[0, 1] > 0.9
    assert np.corrcoef(pulse + echo, pulse)[0, 1] < 0.3


def test_an_arm_that_lies_still_takes_nothing_out() -> None:
    rng = np.random.default_rng(5)
    wave = levelled(np.sin(2 * np.pi * 1.2 * np.arange(200) / 25)[None, None])
    noise = levelled(rng.normal(0, 0.003, (1, 3, 200)))
    assert np.abs(without_arm(wave, noise) - wave).max() < 0.1


def test_only_the_arms_cadence_in_the_wave_is_no_pulse() -> None:
    """A strap that lost the skin: the wave holds the arm's swing and nothing else."""
    rng = np.random.default_rng(4)
    found = estimates(swinging(rng.normal(0, 60, 64 * 240), 160))
    assert len(found) > 100
    assert not [e for e in told(found) if abs(e.rate - 160) < 10 or abs(e.rate - 80) < 10]
    assert len(told(found)) < 0.3 * len(found)


def test_a_rate_that_jumps_is_not_told_until_it_is_sure_again() -> None:
    before, after = drawn(regular(70, 120), 120), drawn(regular(130, 120), 120)
    found = estimates(resting(np.concatenate([before, after])))
    start = found[0].t_ms - 8_000
    near = [e for e in found if abs(e.t_ms - start - 120_000) <= 6_000]
    assert min(e.sure for e in near) < PULSE_SURE
    assert all(min(abs(e.rate - 70), abs(e.rate - 130)) < 5 for e in told(found))
    assert len(told(found)) > 0.8 * len(found)


def test_how_often_it_is_right_is_what_it_says_of_itself() -> None:
    """Belief of pulses that drown in noise, from clear to hopeless."""
    rng = np.random.default_rng(6)
    wave = drawn(regular(90, 240), 240)
    says, right = [], []
    for loud in (1_000, 2_000, 3_000, 4_000, 5_000):
        for e in estimates(resting(wave + rng.normal(0, loud, len(wave)))):
            says.append(e.sure)
            right.append(abs(e.rate - 90) <= 5)
    sure, hit = np.array(says), np.array(right)
    assert hit[sure >= PULSE_SURE].mean() >= 0.9
    assert (sure < PULSE_SURE).mean() > 0.1


def test_windows_of_a_block_and_each_by_itself_say_the_same() -> None:
    rng = np.random.default_rng(7)
    ppg, acc = np.cumsum(rng.normal(size=(8, 2, 200)), axis=2), rng.normal(size=(8, 3, 200))
    ppg[3, 1, 40:50] = np.nan
    ppg[5] = 3.0
    together = pulse_likelihoods(ppg, acc)
    for i in range(8):
        alone = pulse_likelihoods(ppg[i : i + 1], acc[i : i + 1])
        np.testing.assert_allclose(alone.rates[0], together.rates[i], rtol=1e-9)
        if i != 5:
            np.testing.assert_allclose(alone.motion_g[0], together.motion_g[i], rtol=1e-9)
    assert np.isnan(together.rates[5]).all()


def test_the_fast_band_pass_is_the_other_one() -> None:
    wave = np.random.default_rng(8).normal(size=800).cumsum()
    fast = band_passed(wave, 3, (0.5, 5.0), rate_hz=25.0)
    slow = band_pass(wave, 3, (0.5, 5.0), rate_hz=25.0)
    np.testing.assert_allclose(fast[50:-50], slow[50:-50], atol=0.02 * slow.std())
