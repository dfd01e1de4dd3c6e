"""A city's register on PostgreSQL: every route as everybody, raising an alarm, what doors ask each second."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Evidence, Finding
from anhu.contract.priority import Priority
from anhu.registry.database import PATIENT, close_sessions, open_sessions
from anhu.registry.tables import Device
from anhu.registry.versions import directory_version
from tests.bench.city.asking import CityHall
from tests.bench.city.fill import fill_city
from tests.bench.city.plan import Others
from tests.bench.city.rows import NOW_MS
from tests.bench.city.size import city_size
from tests.bench.city.slow import ask_all, route_rows
from tests.bench.report import Options, Report, percentile
from tests.services.postgres import postgres_server

NAME = "city database"
_PART, _QUICK = 1.0, 0.002
_SLOWEST = 10
_ALARMS = 200
PART = "ANHU_TEST_CITY_PART"
URL = "ANHU_TEST_CITY_URL"
"""A city that is filled already; it is only asked."""


def measure(options: Options, report: Report, folder: Path) -> None:
    """Fill a city (or take one) and ask it everything."""
    if url := os.environ.get(URL):
        _measure(options, report, folder, url)
        return
    with postgres_server() as server:
        url = server.new_database()
        part = _QUICK if options.quick else float(os.environ.get(PART, _PART))
        fill_city(url, city_size(part), report.note)
        _measure(options, report, folder, url)


def _measure(options: Options, report: Report, folder: Path, url: str) -> None:
    hall = CityHall(url, folder)
    rows = route_rows(asyncio.run(ask_all(hall, 1 if options.quick else options.runs * 7)))
    residents = Others(hall.sessions, "A").residents
    hall.close()
    for row in rows[:_SLOWEST]:
        name = f"{row['route']} {row['params']} as {row['caller']}"
        report.add(NAME, f"{name}, p50, server's processor", "ms", float(str(row["p50_ms"])))
        report.add(NAME, f"{name}, p99, server's processor", "ms", float(str(row["p99_ms"])))
        report.add(NAME, f"{name}, p99, by the clock", "ms", float(str(row["waited_p99_ms"])))
    slow = sum(float(str(row["p99_ms"])) >= 100 for row in rows)
    report.add(NAME, "routes and callers with p99 of 100 ms or more", "", float(slow))
    report.add(NAME, "routes and callers asked", "", float(len(rows)))
    sessions = open_sessions(url, PATIENT)
    times = 20 if options.quick else _ALARMS
    for metric, took in (
        ("raise an alarm", _raise(sessions, residents, times)),
        ("what is new", _ask(sessions, times)),
    ):
        for part in (0.5, 0.99):
            report.add(NAME, f"{metric}, p{part * 100:.0f}, by the clock", "ms", percentile(took, part))
    close_sessions(sessions)


def _raise(sessions: sessionmaker[Session], residents: Sequence[str], times: int) -> list[float]:
    """Raise alarms as the engine does, outbox in the same transaction; each is undone."""
    took = []
    for k in range(times):
        evidence = Evidence({"peak_g": 3.4}, {"peak_g": 2.0})
        finding = Finding(
            kind="sos",
            condition=Condition.PRESENT,
            at_ms=NOW_MS,
            decided_at_ms=NOW_MS,
            score=0.9,
            priority=Priority.HIGH,
            evidence=evidence,
        )
        session = sessions()
        began_s = time.perf_counter()
        apply_findings(
            session, [ResidentFinding(residents[k % len(residents)], "w", finding, late=False)], now_ms=NOW_MS
        )
        session.flush()
        took.append((time.perf_counter() - began_s) * 1e3)
        session.rollback()
        session.close()
    return took


def _ask(sessions: sessionmaker[Session], times: int) -> list[float]:
    """Ask as each door does every second: is anything of the directory newer than what I hold?."""
    took = []
    for _ in range(times):
        began_s = time.perf_counter()
        with sessions() as session:
            version = directory_version(session)
            session.execute(select(Device.id).where(Device.version > version - 3)).all()
        took.append((time.perf_counter() - began_s) * 1e3)
    return took
