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
        found += tracker.feed(2_000 * k, (0.1 + peaks) ** 2)
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
    assert rows["troika", "pulse, ECG, all windows", "mae"] < 1.0
    assert rows["bidmc", "pulse, monitor's ECG, all windows", "mae"] < 1.0
    assert rows["bidmc", "respiration, all windows", "mae"] == pytest.approx(0, abs=1)
    assert rows["bidmc", "respiration, all windows", "coverage"] > 0.8
