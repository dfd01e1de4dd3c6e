"""What can be withheld is told with how sure it is, and how wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.measures import ecg_rhythm, ppg_pulse
from alerts.accuracy.risk_coverage import Answer
from alerts.accuracy.run import risk
from tests.conformance.detector_cases_ecg import RATE_HZ, drawn, irregular, regular


def by_person(answers: list[Answer]) -> dict[str, list[Answer]]:
    return {who: [one for one in answers if one.person == who] for who in dict.fromkeys(one.person for one in answers)}


@pytest.fixture
def strips(tmp_path: Path) -> Path:
    """Return a folder with a regular strip, an irregular one, and noise that nobody can read."""
    (tmp_path / "cinc2017").mkdir()
    leads = [drawn(regular(70, 30), 30), drawn(irregular(30, seed=5), 30, p_waves=False)]
    parts = [*leads, np.random.default_rng(1).normal(0, 0.5, len(leads[0]))]
    layout = {
        "ecg": np.concatenate([np.round(1_000 * part).astype(np.int16) for part in parts]),
        "start": np.cumsum([0, *map(len, parts)]),
        "label": np.array(["N", "A", "N"]),
        "name": np.array(["A00001", "A00002", "A00003"]),
    }
    np.savez(tmp_path / "cinc2017" / "ecg.npz", **layout, fs=RATE_HZ, scale_mV=0.001)  # type: ignore[arg-type]
    return tmp_path


def test_a_strip_that_cannot_be_read_is_never_told(strips: Path) -> None:
    calm, fibrillating, noise = by_person(list(ecg_rhythm.answers(strips))).values()
    assert [one.error for one in (*calm, *fibrillating)] == [0.0, 0.0]
    assert all(one.confidence > 0 for one in (*calm, *fibrillating))
    assert all(np.isnan(one.confidence) for one in noise)
    (curve,) = risk(strips, "ecg_rhythm")
    assert curve.group == "fibrillation per 30 s"
    assert curve.points[-1].coverage == pytest.approx(2 / 3)
    assert risk(strips, "ppg_pulse") == []


def test_a_pulse_is_told_with_its_belief_and_a_respiration_that_was_not_read_is_not(tmp_path: Path) -> None:
    (tmp_path / "bidmc").mkdir()
    t = np.arange(125 * 90) / 125
    ppg = np.round(1_000 * np.sin(2 * np.pi * 1.2 * t)).astype(np.int16)
    shown = np.full(90, 72.0)
    breaths = np.arange(0, len(t), 500)
    layout = {"PLETH": ppg, "num_PULSE": shown, "num_HR": shown, "breaths_ann1": breaths, "breaths_ann2": breaths}
    np.savez(tmp_path / "bidmc" / "x.npz", **layout, fs=125.0, PLETH_scale=0.001, patient="x")  # type: ignore[arg-type]
    told = list(ppg_pulse.answers(tmp_path))
    pulse = [one for one in told if one.group.startswith("pulse")]
    breath = [one for one in told if one.group == "respiration"]
    assert max(one.error for one in pulse) < 1.0
    assert all(0 < one.confidence <= 1.0 for one in pulse)
    assert breath
    assert any(np.isnan(one.confidence) for one in breath)
    curves = risk(tmp_path, "ppg_pulse")
    assert [curve.group for curve in curves] == ["pulse, monitor's ECG, same people", "respiration, same people"]
