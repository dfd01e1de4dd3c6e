"""SIGKILL of the worker, again and again: in the end every record of the log is stored, dead letters only once."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from anhu.contract.clock import ManualClock
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading, Undecoded, encode_record
from anhu.log.embedded import consumers
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from ingest.deadletters import DeadLetters
from ingest.store.embedded.writer import SqliteStoreQuery
from ingest.store.port import Range

NOW_MS = 1_795_300_000_000
READINGS = 6_000
KILLS = 4

WORK = """
import asyncio, sys
from pathlib import Path
from anhu.contract.clock import SystemClock
from anhu.log.embedded.reader import EmbeddedLogReader
from ingest.deadletters import DeadLetters
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.worker import IngestWorker

async def main(folder):
    reader = EmbeddedLogReader(folder / "log", "ingest")
    store, letters = SqliteStoreWriter(folder / "store.db"), DeadLetters(folder / "letters.db", SystemClock())
    worker = IngestWorker(reader, store, letters, SystemClock(), max_records=100, gather_s=0.001)
    print("working", flush=True)
    await worker.run(asyncio.Event())

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_killed_worker_goes_on_where_it_was(tmp_path: Path) -> None:
    EmbeddedLogReader(tmp_path / "log", "ingest").close()
    end = asyncio.run(filled_log(tmp_path / "log"))
    chance = random.Random(3)  # noqa: S311 - not a secret
    for _ in range(KILLS):
        work(tmp_path, end, chance.uniform(0.0, 0.15))
    work(tmp_path, end, 60)
    query = SqliteStoreQuery(tmp_path / "store.db")
    stored = query.points("r-1", "heart_rate", Range(0, 2 * NOW_MS), limit=2 * READINGS)
    query.close()
    assert [p.observed_at_ms for p in stored] == [NOW_MS + n for n in range(READINGS)]
    letters = DeadLetters(tmp_path / "letters.db", ManualClock(NOW_MS))
    assert letters.count() == READINGS // 100
    letters.close()


async def filled_log(folder: Path) -> int:
    log = EmbeddedLogWriter(folder)
    records: list[Reading | Undecoded] = []
    for n in range(READINGS):
        at_ms = NOW_MS + n
        records.append(Reading("dev-1", "r-1", at_ms, (Scalar("heart_rate", 70.0, at_ms),)))
        if n % 100 == 0:
            records.append(Undecoded("dev-1", "r-1", at_ms, "a/b", b"{", "open_json", "payload: ..."))
    await log.append_many([("", encode_record(one)) for one in records])
    await log.aclose()
    return log.end


def work(folder: Path, end: int, for_s: float) -> None:
    """Run a worker until all is committed or the time is over, then kill it."""
    with subprocess.Popen([sys.executable, "-c", WORK, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"working\n"
        deadline = time.monotonic() + for_s
        while consumers.committed(folder / "log") != [end] and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
