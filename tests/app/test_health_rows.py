"""What the wall screens are given: counters of every process, open alerts of every centre."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import text

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Evidence, Finding
from anhu.contract.clock import ManualClock
from anhu.contract.priority import Priority
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.residents import create_resident
from app import status
from app.health_rows import HealthRows

NOW_MS = 1_795_400_000_000


def test_rows_tell_processes_and_open_alerts_and_do_without_a_database(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    upgrade(url)
    sessions = open_sessions(url)
    finding = Finding("sos", Condition.PRESENT, NOW_MS, NOW_MS, 1.0, Priority.HIGH, Evidence())
    with sessions.begin() as session:
        create_centre(session, name="Desk", centre_id="c-1")
        create_resident(session, name="Li", now_ms=NOW_MS, resident_id="r-1", centre_id="c-1")
        apply_findings(session, [ResidentFinding("r-1", "w-1", finding)], now_ms=NOW_MS)
    status.write(tmp_path / "status", "ingest", {"records": 5.0}, ManualClock(NOW_MS))
    rows = HealthRows(tmp_path / "status", sessions)
    process, *alerts = rows.at(NOW_MS + 10_000)
    assert (process.name, process.tags, process.fields) == ("process", {"process": "ingest"}, {"records": 5.0})
    assert {(row.name, row.tags["centre"]) for row in alerts} == {("alerts_open", "c-1")}
    assert [(row.tags["priority"], row.fields["oldest_s"]) for row in alerts if row.fields["open"]] == [("high", 10)]
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE alert RENAME TO gone"))
    with caplog.at_level(logging.WARNING):
        assert rows.at(NOW_MS + 10_000) == [process]
    assert "no open alerts on the wall screen" in caplog.text
    close_sessions(sessions)
