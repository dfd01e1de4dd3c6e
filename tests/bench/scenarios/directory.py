"""A directory of a million devices: how a door starts before it, and what a storm of unknown devices costs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import SystemClock
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import queue_command, update_device
from anhu.registry.migrations import upgrade
from gateway.command_queue import DatabaseCommandQueue
from gateway.device_register import DatabaseDirectory
from gateway.doors.device_cache import DeviceCache
from gateway.line_register import DatabaseLines
from gateway.lines import Claim, Line
from tests.bench.report import Options, Report, percentile
from tests.bench.usage import cpu_s, pss_bytes
from tests.services.postgres import postgres_server
from tests.services.process import accepts, free_port

_NAME = "directory"
_DEVICES, _QUICK_DEVICES = 1_000_000, 20_000
_STORM, _QUICK_STORM = 50_000, 2_000
_AT_ONCE = 500
_WAITING = 5_000
_DOOR = "door-1/bench"
_FILL = """
INSERT INTO centre (id, name, region_code, phone)
SELECT 'c-' || g, 'centre ' || g, '', '' FROM generate_series(1, 800) g;
INSERT INTO resident (id, name, sex, birth_date, address, phone, access_note, flags, active, centre_id, created_at_ms)
SELECT 'r-' || g, 'n' || g, '', '', '', '', '', '[]', true, 'c-' || (g % 800 + 1), 1 FROM generate_series(1, {count}) g;
INSERT INTO device (id, codec, model, vendor, secret_sha256, resident_id, child_name, position, room, alarms,
report_period_s, enabled, enrolled_at_ms, version)
SELECT 'd-' || g, 'open_json', '', '', sha256(convert_to('s' || g, 'UTF8')), 'r-' || g, '', '', '', '[]', 60, true, 1, g
FROM generate_series(1, {count}) g;
INSERT INTO counter (name, value) VALUES ('directory', {count});
ANALYZE
"""


def measure(options: Options, report: Report, folder: Path) -> None:
    """Fill a PostgreSQL, and measure one door before it."""
    count, storm = (_QUICK_DEVICES, _QUICK_STORM) if options.quick else (_DEVICES, _STORM)
    with postgres_server() as server:
        url = server.new_database()
        upgrade(url)
        sessions = open_sessions(url)
        began_s = time.monotonic()
        _fill(url, count)
        report.add(_NAME, f"{count} devices laid in PostgreSQL", "s", time.monotonic() - began_s)
        for _ in range(options.runs):
            _start(report, folder, url, count)
        _changes(report, sessions)
        asyncio.run(_storm(report, sessions, storm, count))
        _lines(report, sessions, storm)
        _commands(report, sessions, storm)
        close_sessions(sessions)


def _fill(url: str, count: int) -> None:
    """Lay all rows, without the limit of time that a door's questions have."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in _FILL.format(count=count).split(";"):
            connection.execute(text(statement))
    engine.dispose()


def _start(report: Report, folder: Path, url: str, count: int) -> None:
    port, output = free_port(), folder / "door.txt"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ANHU_")} | {
        "ANHU_DATA": str(folder / "door"),
        "ANHU_DATABASE_URL": url,
        "ANHU_DOOR": "door-1",
        "ANHU_MQTT_PORT": str(port),
    }
    began_s = time.monotonic()
    with output.open("ab") as out:
        door = subprocess.Popen(
            [sys.executable, "-m", "app", "run", "gateway"], env=environment, stdout=out, stderr=out
        )
    try:
        while not accepts(port):
            time.sleep(0.05)
        report.add(_NAME, f"door before {count} devices: start to listening", "s", time.monotonic() - began_s)
        time.sleep(2)
        report.add(_NAME, "the same, CPU until then", "s", cpu_s(door.pid))
        report.add(_NAME, "the same, memory", "MB", pss_bytes(door.pid) / 1e6)
    finally:
        door.terminate()
        door.wait(60)


def _changes(report: Report, sessions: sessionmaker[Session]) -> None:
    directory = DatabaseDirectory(sessions)
    took_ms = []
    for nth in range(1, 21):
        before = directory.present_version()
        with sessions.begin() as session:
            update_device(session, f"d-{nth}", {"enabled": False})
        took_ms.append(_timed(partial(directory.changed_since, before)))
    report.add(_NAME, "what changed, asked (2.5 times a second)", "ms", percentile(took_ms, 0.5))


async def _storm(report: Report, sessions: sessionmaker[Session], storm: int, count: int) -> None:
    rss = pss_bytes(os.getpid())
    with ThreadPoolExecutor(4) as executor:
        cache = DeviceCache(DatabaseDirectory(sessions), executor)
        await cache.start()
        began_s = time.monotonic()
        step = count // storm
        everybody = asyncio.gather(*(cache.find(f"d-{nth * step + 1}") for nth in range(storm)))
        await asyncio.sleep(0.2)
        asked_s = time.monotonic()
        assert await cache.find(f"d-{count}") is not None
        report.add(
            _NAME, f"one more device amid {storm} unknown ones: looked up after", "s", time.monotonic() - asked_s
        )
        found = await everybody
        report.add(_NAME, f"{storm} devices looked up at a cold door", "s", time.monotonic() - began_s)
        assert all(found)
        grown = pss_bytes(os.getpid()) - rss
        report.add(_NAME, "memory of a device that is known", "kB", grown / storm / 1e3)


def _lines(report: Report, sessions: sessionmaker[Session], storm: int) -> None:
    book, now_ms = DatabaseLines(sessions), SystemClock().now_ms()
    lines = [Line.of(f"d-{nth}", "mqtt", f"d-{nth}") for nth in range(1, storm + 1)]
    for what in ("new", "known"):
        began_s, took_ms = time.monotonic(), []
        for start in range(0, storm, _AT_ONCE):
            claims = [Claim(one, now_ms) for one in lines[start : start + _AT_ONCE]]
            took_ms.append(_timed(partial(book.claim, _DOOR, claims, now_ms)))
        report.add(_NAME, f"{storm} {what} lines claimed", "s", time.monotonic() - began_s)
        report.add(_NAME, f"{_AT_ONCE} {what} lines claimed, p99", "ms", percentile(took_ms, 0.99))
    took_ms = [_timed(lambda: book.ousted(_DOOR, _AT_ONCE)) for _ in range(50)]
    report.add(_NAME, "lines that others took, asked (5 times a second)", "ms", percentile(took_ms, 0.5))


def _commands(report: Report, sessions: sessionmaker[Session], storm: int) -> None:
    clock = SystemClock()
    now_ms = clock.now_ms()
    with sessions.begin() as session:
        for nth in range(_WAITING):
            device_id = f"d-{storm + 1 + nth}"
            queue_command(session, device_id=device_id, name="text", now_ms=now_ms, expires_at_ms=now_ms + 600_000)
    queue = DatabaseCommandQueue(sessions, clock, _DOOR)
    here = [f"d-{nth}" for nth in range(1, storm + 1)]
    took_ms = [_timed(lambda: queue.pending(here)) for _ in range(10)]
    what = f"commands of {storm} devices asked, {_WAITING} wait for absent ones (twice a second)"
    report.add(_NAME, what, "ms", percentile(took_ms, 0.5))


def _timed(work: Callable[[], object]) -> float:
    began_s = time.monotonic()
    work()
    return (time.monotonic() - began_s) * 1e3
