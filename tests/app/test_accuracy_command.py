"""`anhu accuracy`: what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from alerts.accuracy import looks
from alerts.accuracy.development import Constant, Development
from alerts.accuracy.published import Published
from alerts.accuracy.row import Chosen
from app.cli.accuracy import accuracy


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with two people whose pressure is fine."""
    folder = tmp_path / "data"
    (folder / "home_bp").mkdir(parents=True)
    times = np.datetime64("2019-04-15T08:00:00") + np.arange(60) * np.timedelta64(12, "h")
    who = np.repeat(["1", "2"], 30)
    np.savez(
        folder / "home_bp" / "hypnos.npz",
        id=who,
        time=np.tile(times[:30], 2),
        systolic=np.full(60, 124.0),
        diastolic=np.full(60, 78.0),
        pulse=np.full(60, 70.0),
    )
    return folder


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(accuracy, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def test_rows_are_published_and_each_look_is_entered(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "alerts/measured"
    folder.mkdir(parents=True)
    words = ("--data", data, "--detector", "pressure_crisis", "--publish", folder, "--commit", "A subject")
    run(*words)
    run(*words, "--set", "home_bp")
    assert [row.dataset for row in Published.read(folder / "costs.json").rows] == ["made up"]
    published = Published.read(folder / "pressure.json")
    assert {row.metric for row in published.rows} == {"alarms_per_person_week", "us_per_message"}
    assert published.people == {"home_bp 1": ("hypnos 1", "hypnos 2")}
    text = (tmp_path / "alerts/looks.md").read_text("utf-8")
    assert [look.commit for look in looks.looks(text)] == ["A subject", "A subject"]
    assert looks.not_written([published], looks.looks(text)) == []


def test_a_figure_that_flatters_is_not_published_and_the_look_is_entered(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Constant("pressure_crisis", "its limit", ("home_bp/hypnos *",))
    chosen = msgspec.structs.replace(Development.read(), chosen=(limit,), nothing_chosen=())
    monkeypatch.setattr(Development, "read", lambda: chosen)
    monkeypatch.setattr(Development, "claim", lambda *_: Chosen.LEFT_OUT_PEOPLE)
    one = ("--data", data, "--detector", "pressure_crisis", "--set", "home_bp")
    words = (*one, "--publish", tmp_path, "--commit", "A subject")
    done = CliRunner().invoke(accuracy, [str(word) for word in words])
    assert done.exit_code == 1
    assert "pressure_crisis: its limit: chosen on home_bp/hypnos 1, home_bp/hypnos 2" in done.output
    assert list(tmp_path.glob("*.json")) == []
    assert [look.dataset for look in looks.looks((tmp_path.parent / "looks.md").read_text("utf-8"))] == ["home_bp"]


def test_a_look_without_a_commit_is_refused(data: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(accuracy, ["--data", str(data), "--publish", str(tmp_path)])
    assert done.exit_code == 2
    assert "--commit" in done.output


def test_the_worst_are_named_and_everybody_is_in_the_file(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    said = run("--data", data, "--detector", "pressure_crisis", "--set", "home_bp", "--worst", "--json", file)
    assert "home_bp, all, pressure_crisis, alarms_per_person_week 0.00: hypnos 1 0.00, hypnos 2 0.00" in said
    each = [row["each"] for row in json.loads(file.read_bytes()) if "each" in row]
    assert each == [{"hypnos 1": 0.0, "hypnos 2": 0.0}]


def test_one_set_alone_is_measured(data: Path) -> None:
    said = run("--data", data, "--detector", "pressure_crisis", "--set", "home_bp")
    assert {line.split()[0] for line in said.splitlines()} == {"dataset", "home_bp"}


def test_the_risk_is_drawn_into_a_file(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "risk.csv"
    assert run("--data", data, "--risk-coverage", file).startswith("dataset")
    assert file.read_text("utf-8").startswith("dataset,group,detector,coverage,")
