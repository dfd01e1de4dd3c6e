"""Readers of the fall sets, on made-up archives in each layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerts.accuracy.fall_sets import assist_stairs, names, smartfallmm, sp_sw_har, trials
from alerts.accuracy.fall_trials import STANDARD_GRAVITY

Archive = dict[str, Any]


def column(stream: str, lengths: list[int], step_ms: int, level: int, scale: float) -> Archive:
    """Return the columns of one sensor: trials of these lengths, standing still along z."""
    start = np.concatenate([[0], np.cumsum(lengths)])
    acc = np.tile(np.array([[0], [0], [level]], dtype=np.int16), (1, int(start[-1])))
    t_ms = np.concatenate([np.arange(n) * step_ms for n in lengths]).astype(np.int32)
    return {
        f"{stream}_start": start,
        f"{stream}_acc": acc,
        f"{stream}_acc_scale": np.array(scale),
        f"{stream}_t_ms": t_ms,
    }


def smart(lengths: list[int], step_ms: int = 30) -> Archive:
    codes = {"group": np.array("old"), "subject": np.array("S21"), "name": np.array(["drinking", "back_fall"])}
    level = round(STANDARD_GRAVITY / 0.005)
    return {**codes, "fall": np.array([False, True]), **column("watch", lengths, step_ms, level, 0.005)}


def test_a_watch_of_smartfallmm_is_read_in_g_and_told_apart_by_group() -> None:
    calm, fall = smartfallmm.read(smart([200, 300]))
    assert (calm.person, calm.age, calm.position, calm.is_fall) == ("smartfallmm/old_S21", "old", "wrist", False)
    assert (fall.code, fall.is_fall, fall.number, len(fall.acc)) == ("back_fall", True, 1, 300)
    assert calm.acc[0] == pytest.approx([0, 0, 1.0], abs=0.001)
    assert fall.t_ms[0] == 0


def test_trials_with_clocks_that_no_device_has_are_left_out() -> None:
    backwards = smart([200, 300])
    backwards["watch_t_ms"][50] = 0
    assert [trial.number for trial in smartfallmm.read(backwards)] == [1]
    assert list(smartfallmm.read(smart([200, 300], step_ms=9))) == []
    assert [trial.number for trial in smartfallmm.read(smart([100, 300]))] == [1]  # three seconds hold no fall
    assert [trial.number for trial in smartfallmm.read(smart([0, 300]))] == [1]


def test_phone_and_watch_of_one_walk_share_a_number() -> None:
    archive = {
        "subject": np.array("s01"),
        "age": np.array(66),
        "code": np.array(["walk_and_turn"] * 2),
        "fall": np.array([False] * 2),
        **column("pocket", [120, 0], 10, 2_048, 1 / 2_048),
        **column("wrist", [120, 120], 10, 2_048, 1 / 2_048),
    }
    read = list(sp_sw_har.read(archive))
    assert [(one.position, one.number, one.age) for one in read] == [
        ("pocket", 0, "old"),
        ("wrist", 0, "old"),
        ("wrist", 1, "old"),
    ]


def test_every_set_is_found_by_its_folder(tmp_path: Path) -> None:
    assert set(names()) == {"assist_stairs", "sisfall", "smartfallmm", "sp_sw_har", "umafall", "weda_fall"}
    archive = {
        "subject": np.array("P05"),
        "code": np.array(["stairs_slow"]),
        "fall": np.array([False]),
        **column("waist", [256], 8, 1_000, 0.001),
    }
    (tmp_path / "assist_stairs").mkdir()
    np.savez(tmp_path / "assist_stairs" / "P05.npz", **archive)
    (stairs,) = trials(tmp_path)
    assert stairs.hours == pytest.approx(255 * 8 / 3_600_000)
    assert [one.code for one in assist_stairs.read(archive)] == ["stairs_slow"]
