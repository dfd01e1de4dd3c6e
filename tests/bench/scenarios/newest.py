"""Newest values of a ward, a page and a team from their table, and what keeping the table costs a message.

The table is asked as the pages ask it, behind a store; keeping it is measured in CPU time of ingest and of PostgreSQL.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from anhu.contract.clock import MINUTE_MS, ManualClock
from anhu.contract.observation import TimeQuality
from anhu.contract.record import Numbers
from anhu.registry.database import open_engine
from anhu.registry.migrations import upgrade
from ingest.newest_values import Found, NewestValues
from ingest.shared.newest import NewestBook
from ingest.store.newest_query import QueryWithNewest
from ingest.store.port import StoreQuery
from tests.bench.report import Options, Report, percentile
from tests.bench.usage import cpu_s, descendants
from tests.services.postgres import postgres_server

NAME = "newest"
_NOW_MS = 1_795_305_600_000
_RESIDENTS = 10_000
_ASKED = (60, 1_000, 1_250)
_TIMES = 100
_RATES = (2_500, 17_000)
_EVERY_S = 5
_MICRO = 1e6


def measure(options: Options, report: Report, folder: Path) -> None:
    """Fill the table on both databases, ask it, and keep it for some rounds at a city's rates."""
    residents = 5_000 if options.quick else _RESIDENTS
    book = NewestBook(open_engine(f"sqlite:///{folder / 'newest.db'}"), own_file=True)
    _all(report, _Kept("SQLite", book, residents, lambda: 0.0), quick=options.quick)
    book.close()
    with postgres_server() as server:
        url = server.new_database()
        upgrade(url)
        book = NewestBook(open_engine(url))
        _all(report, _Kept("PostgreSQL", book, residents, _of_postgres), quick=options.quick)
        book.close()


class _NotAsked:
    """The store behind the table: whose row is whole is not asked for there."""

    points = buckets = events = waveforms = ping = None


class _Kept(NamedTuple):
    """A table under measurement; `server_s` is the CPU time of its server. [s]."""

    name: str
    book: NewestBook
    residents: int
    server_s: Callable[[], float]


def _all(report: Report, kept: _Kept, *, quick: bool) -> None:
    name, book, residents, _ = kept
    for first in range(0, residents, 10_000):
        book.complete({_id(n): _found(n) for n in range(first, min(first + 10_000, residents))})
    for rate in _RATES:
        _keep(report, kept, rate)
    query = QueryWithNewest(cast("StoreQuery", _NotAsked()), book)
    for asked in _ASKED:
        who = [_id(n) for n in random.sample(range(residents), asked)]
        _ask(report, f"{name}: newest values of {asked:,} residents", query, who, 5 if quick else _TIMES)


def _keep(report: Report, kept: _Kept, rate: int) -> None:
    """Hear what comes within five seconds at a rate, each message another resident's: the dearest case."""
    name, book, residents, server_s = kept
    messages = min(rate * _EVERY_S, residents)
    values = NewestValues(book, ManualClock(_NOW_MS))
    at_ms = _NOW_MS + MINUTE_MS + rate
    who = random.sample(range(residents), messages)
    readings = [_message(n, at_ms) for n in who]
    began_s, server_began_s = time.process_time(), server_s()
    values.hear(readings)
    heard_s = time.process_time()
    values.write()
    of_ingest, of_server = time.process_time() - heard_s, server_s() - server_began_s
    report.add(NAME, f"{name}: heard, at {rate:,}/s", "µs CPU a message", _MICRO * (heard_s - began_s) / messages)
    report.add(NAME, f"{name}: written by ingest, at {rate:,}/s", "µs CPU a message", _MICRO * of_ingest / messages)
    if of_server:
        report.add(NAME, f"{name}: in the server, at {rate:,}/s", "µs CPU a message", _MICRO * of_server / messages)


def _ask(report: Report, metric: str, query: QueryWithNewest, who: Sequence[str], times: int) -> None:
    taken_s: list[float] = []
    cpu_began_s = time.process_time()
    for _ in range(times):
        began_s = time.perf_counter()
        found = query.latest(who)
        taken_s.append(time.perf_counter() - began_s)
        assert len(found) == len(who)
    for part in (0.5, 0.99):
        report.add(NAME, f"{metric}, p{100 * part:.0f}", "ms", 1_000 * percentile(taken_s, part))
    report.add(NAME, f"{metric}, CPU of who asks", "ms", 1_000 * (time.process_time() - cpu_began_s) / times)


def _of_postgres() -> float:
    """Return the CPU time of the server's processes that are there now. [s]."""
    names = {pid: Path(f"/proc/{pid}/comm") for pid in descendants(os.getpid())}
    found = [pid for pid, name in names.items() if name.exists() and name.read_text("utf-8").strip() == "postgres"]
    return sum(map(cpu_s, found))


def _id(n: int) -> str:
    return f"resident-{n:07d}"


def _found(n: int) -> Found:
    device, at_ms = f"watch-{n:07d}", _NOW_MS - n % 60_000
    codes: Mapping[str, float] = {
        "heart_rate": 70.0 + n % 20,
        "spo2": 97.0,
        "steps": 4_321.0,
        "body_temperature": 36.5,
        "battery": 80.0,
        "systolic_pressure": 131.0,
        "diastolic_pressure": 82.0,
    }
    return {code: (at_ms, value, 0, device) for code, value in codes.items()}


def _message(n: int, at_ms: int) -> Numbers:
    values = {"heart_rate": 71.0, "spo2": 96.0, "steps": 4_400.0}
    return Numbers(f"watch-{n:07d}", _id(n), at_ms, at_ms, TimeQuality.DEVICE, values)
