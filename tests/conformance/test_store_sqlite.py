"""What is particular to the embedded store: other processes, locks, pruning, a file that is not there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from anhu.contract.clock import DAY_MS
from anhu.contract.observation import Event, Scalar, waveform_from_array
from ingest.store.embedded import schema as sqlite_schema
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from ingest.store.port import PlatformRow, Range, StoredReading, StoreUnavailableError

NOW_MS = 1_795_300_000_000
EVER = Range(0, 2 * NOW_MS)

READ_ELSEWHERE = """
import sys
from pathlib import Path
from ingest.store.port import Range
from ingest.store.embedded.query import SqliteStoreQuery
print(len(SqliteStoreQuery(Path(sys.argv[1])).points("r-1", "heart_rate", Range(0, 2**42))))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
def writer(path: Path) -> Iterator[SqliteStoreWriter]:
    made = SqliteStoreWriter(path)
    yield made
    made.close()


def reading(n: int) -> StoredReading:
    at_ms = NOW_MS + n
    return StoredReading("r-1", "dev-1", at_ms, (Scalar("heart_rate", 70.0, at_ms),))


def test_another_process_reads_while_it_is_written(writer: SqliteStoreWriter, path: Path) -> None:
    for n in range(3):
        writer.write([reading(n)])
        seen = subprocess.run([sys.executable, "-c", READ_ELSEWHERE, path], capture_output=True, text=True, check=True)
        assert int(seen.stdout) == n + 1


def test_many_threads_may_ask_one_query(writer: SqliteStoreWriter, path: Path) -> None:
    writer.write([reading(n) for n in range(100)])
    query = SqliteStoreQuery(path)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(query.points("r-1", "heart_rate", EVER)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    query.close()
    assert counts == [100] * 8


def test_a_locked_file_is_tried_again_and_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_schema, "_BUSY_S", 0.05)
    writer = SqliteStoreWriter(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    result = writer.write([reading(1)])
    assert result.retry_after_s == 1.0
    assert "locked" in result.reason
    writer.write_platform([PlatformRow("process", NOW_MS, {}, {"records": 1.0})])
    other.execute("ROLLBACK")
    other.close()
    assert writer.write([reading(1)]).retry_after_s is None
    query = SqliteStoreQuery(path)
    assert len(query.points("r-1", "heart_rate", EVER)) == 1
    query.close()
    writer.close()


def test_a_store_that_is_not_there_yet_is_unavailable_then_answers(path: Path) -> None:
    query = SqliteStoreQuery(path)
    with pytest.raises(StoreUnavailableError, match="SQLite"):
        query.ping()
    SqliteStoreWriter(path).close()
    assert query.ping().startswith("SQLite 3")
    query.close()


def test_pruning_deletes_what_is_older_and_nothing_else(writer: SqliteStoreWriter, path: Path) -> None:
    for days in (100, 50, 10):
        at_ms = NOW_MS - days * DAY_MS
        wave = waveform_from_array("ecg", np.zeros((5, 1)), observed_at_ms=at_ms, sampling_rate_hz=5, channels=("II",))
        seen = (Scalar("heart_rate", 70.0, at_ms), Event("fall", at_ms), wave)
        writer.write([StoredReading("r-1", "dev-1", at_ms, seen)])
    gone = writer.prune(points_before_ms=NOW_MS - 90 * DAY_MS, waveforms_before_ms=NOW_MS - 30 * DAY_MS)
    query = SqliteStoreQuery(path)
    counts = (
        len(query.points("r-1", "heart_rate", EVER)),
        len(query.events("r-1", EVER)),
        len(query.waveforms("r-1", "ecg", EVER)),
    )
    query.close()
    assert (gone, counts) == (4, (2, 2, 1))
