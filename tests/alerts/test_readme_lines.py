"""The lines of Python in the README do what the README says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.stream import findings
from alerts.finding import Condition

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def blocks(name: str) -> list[str]:
    return BLOCK.findall((ROOT / name).read_text("utf-8"))


def test_both_readmes_have_the_same_lines() -> None:
    assert blocks("README.md") == blocks("README.zh-CN.md")
    assert len(blocks("README.md")) == 1


def test_the_lines_find_fibrillation_and_the_pause(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(blocks("README.md")[0], "README.md", "exec"), {})  # noqa: S102 - our own document
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in said] == [["irregular_rhythm", "present"], ["asystole_pause", "present"]]
    assert "'pause_s': 3.714" in said[1]


def test_a_fall_is_found_in_an_array_with_times_of_its_own() -> None:
    with np.load(ROOT / "simulators/recordings/umafall_S05.npz") as z:
        start, end = z["waist_start"][:2]
        samples = z["waist_acc"][:, start:end].T * float(z["waist_acc_scale"])
        times = np.arange(len(samples), dtype=np.int64) * 50
    found = findings("acceleration", samples, sampling_rate_hz=20.0, t_ms=times, position="waist")
    assert next(one.kind for one in found if one.condition is Condition.PRESENT) == "fall_suspected"
    assert found == findings("acceleration", samples, sampling_rate_hz=20.0, position="waist")


def test_a_flat_line_finds_nothing() -> None:
    assert findings("ecg", np.zeros(30_000), sampling_rate_hz=300.0) == []
