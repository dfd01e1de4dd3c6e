"""The measuring harness itself: a quick run prints a table and writes rows; the figures are nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


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
