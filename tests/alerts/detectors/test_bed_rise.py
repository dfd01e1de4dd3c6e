"""Rises from lying: any chunking gives the same, a restart changes nothing, and the figures are counted right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.accuracy.sets import rfid_elder
from alerts.accuracy.stream import stream, windows
from alerts.detectors import discover
from alerts.finding import Finding
from alerts.rules.detector import Profile

(BED_RISE,) = (found for found in discover() if found.name == "bed_rise")
WATCHED = Profile(flags=frozenset({"bed_watch"}), time_zone="UTC")
POSES = {1: (0.35, 0.94, 0.04), 3: (1.05, 0.0, -0.07), 4: (0.2, 0.97, 0.0)}


def night(seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Lying and sitting in turns, unevenly sampled, with missing and absurd readings."""
    rng = np.random.default_rng(seed)
    poses = np.repeat(rng.choice([1, 3], 40), rng.integers(1, 40, 40))
    t = np.cumsum(rng.integers(20, 3_000, len(poses))).astype(np.int64)
    acc = np.array([POSES[int(pose)] for pose in poses]) + rng.normal(0, 0.1, (len(poses), 3))
    acc[rng.random(len(poses)) < 0.05] = np.nan
    acc[rng.random(len(poses)) < 0.05] *= 8
    return t, acc


@pytest.mark.parametrize("seed", range(4))
def test_any_chunking_and_any_restart_give_the_same(seed: int) -> None:
    t, acc = night(seed)
    whole = stream(BED_RISE.for_profile(WATCHED), windows("acceleration", t, acc, position="sternum", piece_ms=10**9))
    assert whole
    for piece_ms in (1, 700, 60_000):
        pieces = list(windows("acceleration", t, acc, position="sternum", piece_ms=piece_ms))
        assert stream(BED_RISE.for_profile(WATCHED), iter(pieces)) == whole
        found: list[Finding] = []
        state = BED_RISE.for_profile(WATCHED).snapshot()
        for piece in pieces:
            fresh = BED_RISE.for_profile(WATCHED)
            fresh.restore(state)
            found += fresh.update(piece)
            state = fresh.snapshot()
        assert found == whole


def test_what_was_noticed_missed_and_false_is_counted(tmp_path: Path) -> None:
    labels = np.array([3] * 20 + [1] * 5 + [4] * 15 + [1] * 5 + [4] * 5 + [3] * 20 + [1] * 60, dtype=np.int8)
    t_s = np.arange(len(labels), dtype=np.float32) * 2
    acc = np.array([POSES[int(label)] for label in labels], dtype=np.float32).T
    (tmp_path / "rfid_elder").mkdir()
    np.savez(
        tmp_path / "rfid_elder" / "X.npz",
        trial=np.array(["d1F"]),
        start=[0, len(labels)],
        t_s=t_s,
        acc=acc,
        label=labels,
    )
    rows = {(row.group, row.metric): (row.value, row.count) for row in rfid_elder.measure(tmp_path)}
    assert rows["rises from lying, women", "sensitivity"] == (1.0, 2)
    assert rows["rises from lying, women", "delay_s"] == (2.0, 2)
    assert rows["leaves the bed, all", "sensitivity"] == (0.5, 2)  # who sat there all the time is not seen to leave
    assert rows["leaves the bed, all", "ppv"] == (0.5, 2)  # who only sat up
    assert rows["leaves the bed, all", "delay_s"] == (-8.0, 1)


def test_a_set_that_is_not_there_yields_nothing(tmp_path: Path) -> None:
    assert list(rfid_elder.measure(tmp_path)) == []
