"""The measuring harness itself: a quick run prints a table and writes rows; the figures are nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import guest, machine
from tests.bench.hour.figures import Figures
from tests.services.finding import ServiceMissingError
from tests.services.prometheus import find_promtool


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


def test_what_a_city_said_in_an_hour_becomes_a_prometheus(tmp_path: Path) -> None:
    figures = Figures({})
    said = (
        "# HELP anhu_stage_s Delays.\n# TYPE anhu_stage_s histogram\n"
        'anhu_stage_s_bucket{stage="log",le="0.5"} 3\nanhu_stage_s_bucket{stage="log",le="+Inf"} 4\n'
        'anhu_stage_s_sum{stage="log"} 1.5\nanhu_stage_s_count{stage="log"} 4\n'
        "# TYPE anhu_messages_total counter\nanhu_messages_total 12\n"
        "# TYPE anhu_up gauge\nanhu_up 1\n"
    )
    for at_s in (1_795_300_000.0, 1_795_300_015.0):
        for member in ("alerts-1", "alerts-2"):
            figures.take(member, said, at_s)
    file = tmp_path / "hour.openmetrics"
    assert figures.write(file) == 6 * 2 * 2
    command = [str(find_promtool()), "tsdb", "create-blocks-from", "openmetrics", str(file), str(tmp_path / "blocks")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (tmp_path / "blocks" / "wal").mkdir()
    shown = subprocess.run(
        [str(find_promtool()), "tsdb", "dump", str(tmp_path / "blocks")], capture_output=True, text=True, check=True
    ).stdout
    assert 'instance="alerts-2"' in shown
    assert len(shown.splitlines()) == 6 * 2 * 2


def test_where_no_guest_can_be_started_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "find", lambda *_names: None)
    with pytest.raises(ServiceMissingError, match="apt-get install user-mode-linux"):
        guest.run_in_guest(["connections"])


def test_a_guest_is_asked_for_the_same_and_knows_whose_it_is(tmp_path: Path) -> None:
    script = guest._init(["state", "--json", "a file"], tmp_path / "result")
    assert f"{sys.executable} -m tests.bench state --json 'a file'\necho $? > {tmp_path}/result" in script
    assert machine.described() in script
