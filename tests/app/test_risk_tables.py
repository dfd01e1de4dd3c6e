"""The table of risk against coverage."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.accuracy.risk_coverage import Answer, risk_curves, risk_file
from app.risk_tables import risk_section


def test_before_stands_beside_now_and_what_cannot_be_told_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        Answer("set", "pulse", "one", f"p{n}", 1.0 - n / 10 if n < 8 else float("nan"), n / 2) for n in range(10)
    ]
    for folder in ("risk", "before/risk"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one.json").write_bytes(risk_file(risk_curves(answers), ".json"))
    monkeypatch.setattr("app.risk_tables.FOLDER", tmp_path)
    lines = risk_section().splitlines()
    assert lines[0].endswith("| 50 % | 70 % | 80 % | 90 % | 95 % | 100 % |")
    figures = "| 8 | 1 (worst 2) | 1.5 (worst 3) | 1.8 (worst 3.5) |  |  |  |"
    assert [line.partition("| pulse ")[2] for line in lines[2:]] == [
        f"| {when} {figures}" for when in ("before", "now")
    ]
