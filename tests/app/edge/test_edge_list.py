"""The list that an administrator carries to a home: who may come in there, and no word of a resident."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from anhu.contract.errors import SettingsError
from anhu.registry.migrations import upgrade
from app.cli import anhu
from gateway.directory import secret_matches
from gateway.edge.device_list import ListedDirectory, read


def _said(data: Path, *arguments: str) -> str:
    outcome = CliRunner().invoke(anhu, ["admin", arguments[0], "--data", str(data), *arguments[1:]])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    upgrade(f"sqlite:///{folder / 'anhu.db'}")
    return folder


def test_what_the_command_prints_lets_the_homes_devices_in(data: Path, tmp_path: Path) -> None:
    _said(data, "create-device", "--id", "edge-1", "--codec", "anhu_edge")
    _said(data, "create-resident", "--name", "王秀英", "--id", "r-1")
    secret = json.loads(
        _said(data, "create-device", "--id", "w-1", "--parent", "edge-1", "--resident", "r-1", "--room", "bedroom")
    )["secret"]
    file = tmp_path / "devices.json"
    file.write_text(_said(data, "edge-devices", "edge-1"), "utf-8")
    assert "王秀英" not in file.read_text("utf-8")
    assert "r-1" not in file.read_text("utf-8")
    directory = ListedDirectory(file)
    assert directory.edge == "edge-1"
    assert directory.label("w-1") == "bedroom"
    assert secret_matches(directory.find_all(["w-1"])["w-1"], secret.encode())


def test_a_new_file_counts_at_once_and_a_broken_one_not(tmp_path: Path) -> None:
    file = tmp_path / "devices.json"
    listed = {"format": 1, "edge": "edge-1", "devices": [{"id": "w-1", "codec": "open_json"}]}
    file.write_text(json.dumps(listed), "utf-8")
    directory = ListedDirectory(file)
    version, _ = directory.changed_since(0)
    _replace(file, json.dumps({**listed, "devices": [{"id": "w-2", "codec": "open_json"}]}))
    later, changed = directory.changed_since(version)
    assert set(changed) == {"w-1", "w-2"}
    assert set(directory.find_all(["w-1", "w-2"])) == {"w-2"}
    _replace(file, "{")
    assert directory.changed_since(later) == (later, [])
    assert set(directory.find_all(["w-1", "w-2"])) == {"w-2"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[]", "edge-devices"),
        ('{"format":1,"edge":"e","devices":[{"id":"w"}]}', "codec"),
        ('{"format":9,"edge":"e","devices":[]}', "devices.format"),
    ],
)
def test_a_file_that_is_no_list_says_where(tmp_path: Path, text: str, wrong: str) -> None:
    file = tmp_path / "devices.json"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=wrong):
        read(file)
    with pytest.raises(SettingsError, match="can be read"):
        read(tmp_path / "none.json")


def _replace(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(text, "utf-8")
    os.utime(fresh, ns=(1, file.stat().st_mtime_ns + 1))
    fresh.replace(file)
