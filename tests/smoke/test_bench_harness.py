"""The measuring harness itself: a quick run prints a table and writes rows; the figures are nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import guest, machine
from tests.services.finding import ServiceMissingError


def test_a_quick_measurement_writes_rows_with_what_it_was_measured_on(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    command = [sys.executable, "-m", "tests.bench", "state", "--quick", "--runs", "2", "--json", str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert "memory per resident" in ran.stdout
    said = json.loads(file.read_text("utf-8"))
    assert {"date", "cores", "processor", "memory", "commit", "python"} <= said.keys()
    for row in said["rows"]:
        assert set(row) == {"scenario", "metric", "unit", "min", "median", "max", "runs"}
        assert row["min"] <= row["median"] <= row["max"]
        assert row["runs"] == 2


def test_where_no_guest_can_be_started_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "find", lambda *_names: None)
    with pytest.raises(ServiceMissingError, match="apt-get install user-mode-linux"):
        guest.run_in_guest(["connections"])


def test_a_guest_is_asked_for_the_same_and_knows_whose_it_is(tmp_path: Path) -> None:
    script = guest._init(["state", "--json", "a file"], tmp_path / "result")
    assert f"{sys.executable} -m tests.bench state --json 'a file'\necho $? > {tmp_path}/result" in script
    assert machine.described() in script
