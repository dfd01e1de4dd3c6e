"""Readers of single sets, on made-up people in the layout of each set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from alerts.accuracy.development import Development, refused
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.sets import cinc2021, cpsc2019, home_bp, made_up_messages
from alerts.detectors import discover
from anhu.contract.quantities import QUANTITIES, Kind
from tests.conformance.detector_cases_ecg import drawn, irregular, regular

RATE_HZ = 500.0
DAY = np.timedelta64(1, "D")


def readings(folder: Path, name: str, day: np.ndarray, systolic: float, *, visits: np.ndarray | None = None) -> None:
    """Write two readings each morning and evening of these days, a minute apart."""
    (folder / "home_bp").mkdir(exist_ok=True)
    minutes = np.tile([480, 481, 1200, 1201], len(day))
    time = np.datetime64("2019-04-15T00:00:00") + np.repeat(day, 4) * DAY + minutes * np.timedelta64(1, "m")
    n = len(time)
    more = {} if visits is None else {"visit": np.repeat(visits, 4)}
    columns = {"id": np.full(n, "x"), "time": time, "systolic": np.full(n, systolic), "diastolic": np.full(n, 78.0)}
    np.savez(folder / "home_bp" / f"{name}.npz", **columns, pulse=np.full(n, 70.0), **more)  # type: ignore[arg-type]


def found(rows: list[AccuracyRow], detector: str, metric: str) -> AccuracyRow:
    return next(row for row in rows if (row.detector, row.metric) == (detector, metric))


def ecg(beats: list[np.ndarray], *, p_waves: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return strips of ten seconds one after the other, at 500 Hz, in thousandths of a millivolt, and their starts."""
    strips = [resample_poly(drawn(one, 10, p_waves=p_waves), 125, 32)[:5_000] for one in beats]
    return np.round(1_000 * np.concatenate(strips)).astype(np.int16), np.arange(len(beats) + 1) * 5_000


def test_a_high_week_is_told_and_a_usual_one_is_not(tmp_path: Path) -> None:
    readings(tmp_path, "schwenck", np.arange(14), 150.0)
    readings(tmp_path, "hypnos", np.arange(14), 124.0)
    rows = list(home_bp.measure(tmp_path))
    told = found(rows, "pressure_uncontrolled", "alarms_per_person_week")
    assert (told.count, told.each["hypnos x"], told.people) == (1, 0.0, 2)
    assert found(rows, "pressure_uncontrolled", "sensitivity").value == 1.0
    assert found(rows, "pressure_uncontrolled", "specificity").value == 1.0
    coverage = found(rows, "pressure_uncontrolled", "coverage")
    assert (coverage.count, coverage.value) == (26, 20 / 26)
    assert [why for row in rows if row.people for why in refused(row, row.each, Development.read())] == []


def test_nobody_lived_the_weeks_between_two_visits(tmp_path: Path) -> None:
    readings(tmp_path, "hypnos", np.array([0, 1, 70, 71]), 124.0, visits=np.array([1, 1, 2, 2], dtype=np.int8))
    assert [len(cuff.values) for cuff in home_bp.people(tmp_path)] == [8, 8]
    rows = list(home_bp.measure(tmp_path))
    assert found(rows, "pressure_crisis", "alarms_per_person_week").people == 1
    assert found(rows, "pressure_uncontrolled", "coverage").count == 2


def test_the_first_day_with_readings_is_dropped_and_a_thin_week_has_no_mean() -> None:
    values = np.array(
        [
            [day * 86_400_000.0 - 8 * 3_600_000 + k, 140.0 if day else 190.0, 80.0, 70.0]
            for day in range(4)
            for k in range(4)
        ]
    )
    assert home_bp.weekly_mean(values, 4) == (140.0, 80.0)
    assert home_bp.weekly_mean(values[:-1], 4) is None
    assert home_bp.weekly_mean(values, 30) is None


def test_marked_beats_are_found(tmp_path: Path) -> None:
    (tmp_path / "cpsc2019").mkdir()
    beats = [regular(70, 10), regular(90, 10)]
    samples, start = ecg(beats)
    marks = [np.round(one[(one > 0.2) & (one < 9.8)] * RATE_HZ).astype(np.int32) for one in beats]
    edges = np.cumsum([0, *map(len, marks)])
    names = np.array(["data_00001", "data_00002"])
    layout = {"ecg": samples, "start": start, "beat": np.concatenate(marks), "beat_start": edges, "name": names}
    np.savez(tmp_path / "cpsc2019" / "ecg.npz", **layout, fs=RATE_HZ, scale_mV=0.001)  # type: ignore[arg-type]
    rows = list(cpsc2019.measure(tmp_path))
    assert {row.metric for row in rows} == {"sensitivity", "ppv", "f1"}
    assert found(rows, "ecg_rhythm", "sensitivity").value > 0.9
    assert found(rows, "ecg_rhythm", "f1").people == 2
    assert [why for row in rows for why in refused(row, row.each, Development.read())] == []


@pytest.mark.parametrize("dx", ["426783006", "284470004,427084000"])
def test_each_is_asked_whether_it_was_called_what_it_is(tmp_path: Path, dx: str) -> None:
    (tmp_path / "cinc2021").mkdir()
    calm, start = ecg([regular(70, 10), regular(75, 10)])
    fibrillating, _ = ecg([irregular(10, seed=5)], p_waves=False)
    samples = np.stack([np.concatenate([calm, fibrillating])] * 2)
    layout = {
        "ecg": samples,
        "start": np.append(start, samples.shape[1]),
        "name": np.array(["JS00001", "JS00002", "JS00003"]),
        "dx": np.array([dx, "164889003", "164889003"]),
        "fs": np.full(3, RATE_HZ),
    }
    np.savez(tmp_path / "cinc2021" / "ecg.npz", **layout, scale_mV=0.001)  # type: ignore[arg-type]
    rows = list(cinc2021.measure(tmp_path))
    quiet = found(rows, "ecg_rhythm", "specificity")
    assert (quiet.people, quiet.value) == (1, 1.0)
    called = found(rows, "ecg_rhythm", "sensitivity").each
    assert called == {
        "cinc2021/JS00002": 0.0,
        "cinc2021/JS00003": 1.0,
    }  # a regular rhythm is not called, whatever its label
    other = "premature beats" if "," in dx else "no premature beats"
    assert {row.group.rpartition(", ")[2] for row in rows if row.metric == "specificity"} == {"all", other}


def test_each_detector_of_numbers_has_a_cost_and_no_detector_of_waves() -> None:
    rows = list(made_up_messages.measure(Path()))
    waves = {code for code, row in QUANTITIES.items() if row.kind is Kind.WAVEFORM}
    assert [row.detector for row in rows] == [d.name for d in discover() if not waves & set(d.reads)]
    assert all(row.value > 0 and row.metric == "us_per_message" for row in rows)


@pytest.mark.parametrize("reader", [home_bp, cpsc2019, cinc2021])
def test_a_set_that_is_not_there_yields_nothing(reader: object, tmp_path: Path) -> None:
    assert list(reader.measure(tmp_path)) == []  # type: ignore[attr-defined]
