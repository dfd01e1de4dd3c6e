"""The measure on drawn recordings in the layout of the real sets: it runs, and says what is true."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.run import measure
from tests.conformance.detector_cases_ecg import RATE_HZ, drawn, irregular, regular

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pandas warns of wfdb's use of it
    import wfdb


pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[AccuracyRow]:
    folder = tmp_path_factory.mktemp("sets")
    _mitdb(folder / "mitdb")
    _cinc2017(folder / "cinc2017")
    return measure(folder, "ecg_rhythm")


def _mitdb(folder: Path) -> None:
    folder.mkdir()
    for name, beats, rhythm in (("901", regular(70, 300), "(N"), ("902", irregular(300), "(AFIB")):
        ecg = drawn(beats, 300, p_waves=rhythm == "(N")
        settings = {"fmt": ["212"] * 2, "adc_gain": [200.0] * 2, "baseline": [0, 0], "write_dir": str(folder)}
        both = np.column_stack([ecg, ecg])
        wfdb.wrsamp(name, fs=128, units=["mV"] * 2, sig_name=["MLII", "V1"], p_signal=both, **settings)
        samples = np.concatenate([[1], np.round(beats * RATE_HZ).astype(int)])
        symbols = ["+"] + ["N"] * len(beats)
        texts = [rhythm] + [""] * len(beats)
        wfdb.wrann(name, "atr", samples, symbol=symbols, aux_note=texts, fs=128, write_dir=str(folder))


def _cinc2017(folder: Path) -> None:
    folder.mkdir()
    strips = [drawn(regular(70, 30), 30), drawn(irregular(30, seed=5), 30, p_waves=False)]
    noise = np.random.default_rng(1).normal(0, 0.5, len(strips[0]))
    parts = [np.round(1_000 * strip).astype(np.int16) for strip in (*strips, noise)]
    start = np.cumsum([0, *map(len, parts)])
    labels, names = np.array(["N", "A", "~"]), np.array(["X1", "X2", "X3"])
    ecg = np.concatenate(parts)
    np.savez(folder / "ecg.npz", ecg=ecg, start=start, fs=RATE_HZ, scale_mV=0.001, label=labels, name=names)


def value(rows: list[AccuracyRow], dataset: str, group: str, metric: str) -> float:
    return next(r.value for r in rows if (r.dataset, r.group, r.metric) == (dataset, group, metric))


def test_beats_and_strips_are_counted(rows: list[AccuracyRow]) -> None:
    assert value(rows, "mitdb", "beats", "f1") > 0.99
    assert value(rows, "mitdb", "record 901", "f1") > 0.99
    assert value(rows, "mitdb", "fibrillation per 30 s, person left out", "sensitivity") == 1.0
    assert value(rows, "mitdb", "fibrillation per 30 s, person left out", "specificity") == 1.0


def test_a_recording_of_noise_is_refused_not_guessed(rows: list[AccuracyRow]) -> None:
    assert value(rows, "cinc2017", "fibrillation per recording, recording left out", "f1") == 1.0
    assert value(rows, "cinc2017", "too noisy, recording left out", "coverage") == 0.0
    assert value(rows, "cinc2017", "normal, recording left out", "coverage") == 1.0


def test_everybody_is_judged_with_the_set_left_out_too(rows: list[AccuracyRow]) -> None:
    for way, model in (("person", ""), ("set", "without_mitdb")):
        group = f"fibrillation per 30 s, {way} left out"
        found = [row for row in rows if row.group == group and row.metric == "coverage"]
        assert {row.dataset for row in found} == {"mitdb"}
        assert {row.model for row in found} == {model}
        assert sum(row.people for row in found) == 2


def test_a_day_of_beat_times_goes_through_the_interval_stage(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    steady, chance = np.full(3_000, 100), rng.integers(60, 150, 3_000)
    for dataset, rr in (("nsr2db", steady), ("afdb", chance)):
        folder = tmp_path / "beat_series" / dataset
        folder.mkdir(parents=True)
        begins, name = np.array([0]), np.array(["(AFIB"])
        rr_ticks = rr.astype(np.uint16)
        np.savez(folder / "1.npz", fs=128.0, beat0=0, rr=rr_ticks, rhythm_sample=begins, rhythm=name)
    found = measure(tmp_path, "ecg_rhythm")
    strips = "fibrillation per 30 s, person left out"
    assert value(found, "beat_series/afdb", strips, "sensitivity") == 1.0
    assert value(found, "beat_series/nsr2db", strips, "specificity") == 1.0
    assert value(found, "beat_series/afdb", "irregular_rhythm raised, person left out", "ppv") == 1.0
    assert value(found, "beat_series/nsr2db", "irregular_rhythm raised, set left out", "alarms_per_person_week") == 0.0
