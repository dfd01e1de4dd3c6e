"""Opening logs in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from anhu.contract.clock import Clock, ManualClock
from anhu.contract.observation import Observation
from anhu.contract.record import Reading, encode_record
from anhu.log.embedded import entries as frames
from anhu.log.embedded.reader import EmbeddedLogReader
from anhu.log.embedded.writer import EmbeddedLogWriter
from anhu.log.port import LogReader, LogWriter, Position

NOW_MS = 1_795_300_000_000
RECORD = b"r" * (100 - frames.HEAD_BYTES)  # 100 bytes on disk


@asynccontextmanager
async def writing(
    folder: Path,
    *,
    max_bytes: int = 1_000_000_000,
    max_age_s: float = 86_400.0,
    segment_bytes: int = 10_000_000,
    clock: Clock | None = None,
) -> AsyncIterator[EmbeddedLogWriter]:
    writer = EmbeddedLogWriter(
        folder,
        max_bytes=max_bytes,
        max_age_s=max_age_s,
        segment_bytes=segment_bytes,
        clock=clock or ManualClock(NOW_MS),
    )
    try:
        yield writer
    finally:
        await writer.aclose()


@contextmanager
def reading(folder: Path, consumer: str = "ingest") -> Iterator[EmbeddedLogReader]:
    reader = EmbeddedLogReader(folder, consumer)
    try:
        yield reader
    finally:
        reader.close()


async def append(writer: LogWriter, record: bytes, key: str = "") -> Position:
    """Append one record and return the position right after it."""
    (position,) = (await writer.append_many([(key, record)])).values()
    return position


def everything(reader: LogReader) -> list[bytes]:
    out: list[bytes] = []
    while (found := reader.read()) or reader.backlog_bytes:
        out += [e.record for e in found]
    return out


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def reading_of(*observations: Observation) -> bytes:
    return encode_record(Reading("dev", "r-1", NOW_MS, observations))
