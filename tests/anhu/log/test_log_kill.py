"""SIGKILL in mid-stream, again and again: every acknowledged record is there, once acknowledged for ever."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter

ROUNDS = 8

WRITE_FOR_EVER = """
import asyncio, os, sys
from pathlib import Path
from typing import Self
from anhu.log.embedded.writer import EmbeddedLogWriter

async def main(folder, label):
    writer = EmbeddedLogWriter(Path(folder), segment_bytes=200_000)
    async def one(lane):
        n = 0
        while True:
            record = f"{label}-{lane}-{n}".encode()
            await writer.append_many([("", record.ljust(100 + n % 700, b"."))])
            os.write(1, record + b"\\n")
            n += 1
    await asyncio.gather(*(one(lane) for lane in range(20)))

asyncio.run(main(*sys.argv[1:]))
"""


def test_every_acknowledged_record_survives_sigkill(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - not a secret
    acknowledged: list[bytes] = []
    with EmbeddedReader(tmp_path) as live:
        for label in range(ROUNDS):
            acknowledged += killed_writer(tmp_path, str(label), chance.uniform(0.02, 0.3))
            live.catch_up()
        asyncio.run(open_and_close(tmp_path))
        live.catch_up()
        everything = EmbeddedReader(tmp_path, "other")
        with everything:
            everything.catch_up()
    assert len(acknowledged) > 20 * ROUNDS
    assert set(acknowledged) <= set(everything.seen)
    assert live.seen == everything.seen
    in_order(everything.seen)


def killed_writer(folder: Path, label: str, after_s: float) -> list[bytes]:
    """Start a writer, kill it some time after its first acknowledgement, return what it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(folder), label], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        deadline = time.monotonic() + after_s
        while time.monotonic() < deadline:
            first += process.stdout.readline()
        process.kill()
        lines = (first + process.stdout.read()).split(b"\n")
    return [line for line in lines[:-1] if line]


async def open_and_close(folder: Path) -> None:
    writer = EmbeddedLogWriter(folder, segment_bytes=200_000)
    await writer.aclose()


def in_order(seen: list[bytes]) -> None:
    newest: dict[bytes, int] = {}
    for record in seen:
        lane, _, number = record.rpartition(b"-")
        assert int(number) == newest.get(lane, -1) + 1
        newest[lane] = int(number)


class EmbeddedReader:
    """Collects what a consumer reads."""

    def __init__(self, folder: Path, consumer: str = "live") -> None:
        self._reader = EmbeddedLogReader(folder, consumer)
        self.seen: list[bytes] = []

    def catch_up(self) -> None:
        while found := self._reader.read():
            self.seen += [e.record.rstrip(b".") for e in found]
        self._reader.commit(self._reader.position)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
