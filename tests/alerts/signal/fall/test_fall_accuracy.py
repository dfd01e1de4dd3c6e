from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

import simulators.recordings
from alerts.accuracy.fall_curve import CurvePoint, curve_table, curves
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.accuracy.run import measure, table
from anhu.contract.errors import FieldError
from app.cli.accuracy import accuracy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the layout of the full sets, with the excerpts that are shipped."""
    built = tmp_path_factory.mktemp("data")
    (built / "umafall").mkdir()
    for subject in ("S05", "S12"):
        source = Path(simulators.recordings.__path__[0]) / f"umafall_{subject}.npz"
        shutil.copy(source, built / "umafall" / f"{subject}.npz")
    return built


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[AccuracyRow]:
    return measure(folder, "fall_motion")


def figure(rows: list[AccuracyRow], group: str, metric: str) -> AccuracyRow:
    (row,) = [r for r in rows if (r.group, r.metric) == (group, metric) and r.dataset != "synthetic"]
    return row


def test_falls_and_false_alarms_are_counted(rows: list[AccuracyRow]) -> None:
    found = figure(rows, "waist", "sensitivity")
    assert (found.value, found.count, found.people, found.chosen) == (1.0, 3, 1, Chosen.SAME_PEOPLE)
    assert figure(rows, "waist", "false_alarms_per_hour").value == 0.0
    assert 3.4 <= figure(rows, "waist", "delay_s").value <= 4.5
    assert figure(rows, "code Walking", "specificity").value == 1.0
    assert {r.group for r in rows} >= {"all", "waist", "wrist", "waist, set left out"}


def test_the_desk_is_told_of_who_lies_and_not_of_who_walks_on(rows: list[AccuracyRow]) -> None:
    for kind in ("fall_suspected", "fall", "long_lie"):
        assert figure(rows, f"waist, lies, {kind}", "sensitivity").value == 1.0
        assert figure(rows, f"waist, session, {kind}", "false_alarms_per_hour").value == 0.0
    assert figure(rows, "waist and wrist, fall at once", "sensitivity").count == 3


def test_the_cost_is_measured(rows: list[AccuracyRow]) -> None:
    costs = [r for r in rows if r.metric == "us_per_resident_minute"]
    assert len(costs) == 2
    assert all(r.value > 0 for r in costs)


def test_the_table_has_a_line_a_row_and_rows_are_json(rows: list[AccuracyRow]) -> None:
    assert len(table(rows).splitlines()) == len(rows) + 1
    named = {"dataset", "group", "detector", "metric", "value", "count", "chosen", "people", "worst", "tenth"}
    assert set(msgspec.to_builtins(rows[0])) >= {*named, "low", "high"}


def test_a_higher_score_never_finds_more(folder: Path) -> None:
    points = curves(folder)
    for position in ("waist", "wrist"):
        found = [p for p in points if p.position == position]
        assert [p.sensitivity for p in found] == sorted((p.sensitivity for p in found), reverse=True)
    assert len(curve_table(points).splitlines()) == len(points) + 1


def subset(folder: Path, subject: str, tmp_path: Path, *, falls: bool) -> Path:
    """Return a folder that holds one person's falls only, or activities only: other trials are emptied and left."""
    whole = dict(np.load(folder / "umafall" / f"{subject}.npz"))
    for name in [one for one in whole if one.endswith("_start")]:
        lengths = np.diff(whole[name]) * (whole["fall"] == falls)
        columns = np.repeat(whole["fall"] == falls, np.diff(whole[name]))
        signal = name.removesuffix("_start")
        key = signal if signal in whole else f"{signal}_acc"
        times = f"{signal}_t_ms"
        whole[name] = np.concatenate([[0], np.cumsum(lengths)])
        whole[key], whole[times] = whole[key][:, columns], whole[times][columns]
    (tmp_path / "umafall").mkdir(exist_ok=True)
    np.savez(tmp_path / "umafall" / f"{subject}.npz", **whole)
    return tmp_path


def test_activities_only_have_false_alarms_and_no_sensitivity(folder: Path, tmp_path: Path) -> None:
    found = measure(subset(folder, "S12", tmp_path, falls=False), "fall_motion")
    assert {r.metric for r in found if r.dataset == "umafall"} == {"false_alarms_per_hour", "specificity"}


def test_falls_only_have_a_sensitivity_and_no_false_alarms(folder: Path, tmp_path: Path) -> None:
    found = measure(subset(folder, "S05", tmp_path, falls=True), "fall_motion")
    assert {r.metric for r in found if r.dataset == "umafall"} == {"sensitivity", "delay_s"}
    assert curves(tmp_path) == []


def test_a_person_of_whom_nothing_was_recorded_gives_nothing(folder: Path, tmp_path: Path) -> None:
    assert measure(subset(folder, "S12", tmp_path, falls=True), "fall_motion") == []


def test_people_whom_nobody_knows_are_judged_by_the_shipped_model(folder: Path, tmp_path: Path) -> None:
    for place in ("umafall", "sisfall", "weda_fall"):
        (tmp_path / place).mkdir()
    shutil.copy(folder / "umafall" / "S05.npz", tmp_path / "umafall" / "S17.npz")
    shutil.copy(folder / "umafall" / "S12.npz", tmp_path / "umafall" / "another one.npz")
    found = measure(tmp_path, "fall_motion")
    assert figure(found, "waist", "sensitivity").value == 1.0
    assert all(0.0 <= r.value <= 1.0 for r in found if r.metric in ("sensitivity", "specificity"))


def test_the_curve_is_written_as_the_file_wants_it(folder: Path, tmp_path: Path) -> None:
    for name in ("curve.csv", "curve.json"):
        ran = CliRunner().invoke(accuracy, ["--data", str(folder), "--curve", str(tmp_path / name)])
        assert ran.exit_code == 0
        assert "sensitivity" in ran.output
    lines = (tmp_path / "curve.csv").read_text().splitlines()
    points = msgspec.json.decode((tmp_path / "curve.json").read_bytes(), type=list[CurvePoint])
    assert lines[0] == "dataset,position,score,sensitivity,false_alarms_per_hour,falls"
    assert len(lines) == len(points) + 1


def test_a_folder_without_recordings_gives_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path, "fall_motion") == []


def test_a_folder_that_is_not_there_and_an_unknown_detector_are_named(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="a folder of recordings"):
        measure(tmp_path / "nowhere")
    with pytest.raises(FieldError, match="fall_motion"):
        measure(tmp_path, "telepathy")
