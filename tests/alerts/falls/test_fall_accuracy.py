from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

import simulators.recordings
from alerts.accuracy.fall_curve import curve_table, curves
from alerts.accuracy.row import Row
from alerts.accuracy.run import measure, table
from gateway.contract.errors import FieldError


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
def rows(folder: Path) -> list[Row]:
    return measure(folder, "fall_motion")


def figure(rows: list[Row], group: str, metric: str) -> Row:
    (row,) = [r for r in rows if (r.group, r.metric) == (group, metric) and r.dataset != "synthetic"]
    return row


def test_falls_and_false_alarms_are_counted(rows: list[Row]) -> None:
    assert figure(rows, "waist", "sensitivity") == Row("umafall", "waist", "fall_motion", "sensitivity", 1.0, 3)
    assert figure(rows, "waist", "false_alarms_per_hour").value == 0.0
    assert 3.4 <= figure(rows, "waist", "delay_s").value <= 4.5
    assert figure(rows, "code Walking", "specificity").value == 1.0
    assert {r.group for r in rows} >= {"all", "waist", "wrist", "waist, trained on sisfall"}


def test_the_cost_is_measured(rows: list[Row]) -> None:
    costs = [r for r in rows if r.metric == "us_per_resident_minute"]
    assert len(costs) == 2
    assert all(r.value > 0 for r in costs)


def test_the_table_has_a_line_a_row_and_rows_are_json(rows: list[Row]) -> None:
    assert len(table(rows).splitlines()) == len(rows) + 1
    assert set(msgspec.to_builtins(rows[0])) == {"dataset", "group", "detector", "metric", "value", "count"}


def test_a_higher_score_never_finds_more(folder: Path) -> None:
    points = curves(folder)
    for position in ("waist", "wrist"):
        found = [p for p in points if p.position == position]
        assert [p.sensitivity for p in found] == sorted((p.sensitivity for p in found), reverse=True)
    assert len(curve_table(points).splitlines()) == len(points) + 1


def test_a_folder_without_recordings_gives_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path, "fall_motion") == []


def test_a_folder_that_is_not_there_and_an_unknown_detector_are_named(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="a folder of recordings"):
        measure(tmp_path / "nowhere")
    with pytest.raises(FieldError, match="fall_motion"):
        measure(tmp_path, "telepathy")
