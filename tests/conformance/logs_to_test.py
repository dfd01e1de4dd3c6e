"""Every LOG adapter, as the suite in `test_log` handles it. A second real adapter adds a class and a row here."""

from __future__ import annotations

import errno
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from anhu.log.embedded import disk
from anhu.log.kafka.reader import KafkaLogReader
from anhu.log.kafka.settings import MAX_MESSAGE_BYTES, KafkaSettings
from anhu.log.kafka.writer import KafkaLogWriter
from anhu.log.partition import partition_of
from anhu.log.port import Entry, LogReader, LogWriter
from tests.anhu.log import logs
from tests.parted_log import PartedLog, PartedLogReader, PartedLogWriter
from tests.services.kafka import Kafka

SMALL_BYTES, LARGE_BYTES = 5_000, 1_000_000_000
"""Limit of a partition. [byte]"""


class LogToTest(Protocol):
    """What the suite needs of an adapter."""

    @property
    def partitions(self) -> int: ...

    @property
    def counts_bytes(self) -> bool:
        """Whether positions and the backlog are bytes; else positions count records, and bytes are estimated."""
        ...

    def writing(self) -> AbstractAsyncContextManager[LogWriter]:
        """Have the writer open."""
        ...

    def reading(self, consumer: str = "ingest", partition: int = 0) -> AbstractContextManager[LogReader]:
        """Have a reader open."""
        ...

    def refusing(self) -> AbstractContextManager[None]:
        """Let the disk refuse every write, with OSError."""
        ...

    def after_a_power_cut(self) -> LogToTest:
        """Return what would be there if the power went now; where the machines are several, if one were killed."""
        ...


class EmbeddedLogToTest:
    """The log on the local disk."""

    partitions = 1
    counts_bytes = True

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes

    def writing(self) -> AbstractAsyncContextManager[LogWriter]:
        return logs.writing(self._folder, max_bytes=self._max_bytes, segment_bytes=self._max_bytes // 5)

    def reading(self, consumer: str = "ingest", partition: int = 0) -> AbstractContextManager[LogReader]:
        assert partition == 0
        return logs.reading(self._folder, consumer)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        def refuse(_fd: int, _data: bytes, _offset: int) -> None:
            raise OSError(errno.ENOSPC, "injected")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(disk, "write_all", refuse)
            yield

    def after_a_power_cut(self) -> EmbeddedLogToTest:
        left = self._folder.with_name("after the power cut")
        shutil.copytree(self._folder, left)
        return EmbeddedLogToTest(left, self._max_bytes)


class PartedLogToTest:
    """The log in memory, of one partition or of several."""

    counts_bytes = True

    def __init__(self, log: PartedLog) -> None:
        self._log = log
        self.partitions = log.partitions

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[LogWriter]:
        writer = PartedLogWriter(self._log)
        yield writer
        await writer.aclose()

    @contextmanager
    def reading(self, consumer: str = "ingest", partition: int = 0) -> Iterator[LogReader]:
        yield PartedLogReader(self._log, consumer, partition)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        self._log.refusal = OSError(errno.ENOSPC, "injected")
        yield
        self._log.refusal = None

    def after_a_power_cut(self) -> PartedLogToTest:
        return PartedLogToTest(self._log.after_a_power_cut())


class KafkaLogToTest:
    """A topic of a real broker."""

    counts_bytes = False

    def __init__(self, kafka: Kafka, partitions: int) -> None:
        self._kafka = kafka
        self.partitions = partitions
        topic = kafka.new_topic(partitions, max_message_bytes=str(MAX_MESSAGE_BYTES))
        self._settings = KafkaSettings(servers=kafka.servers, topic=topic, partitions=partitions)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[LogWriter]:
        writer = KafkaLogWriter(self._settings)
        try:
            yield writer
        finally:
            await writer.aclose()

    @contextmanager
    def reading(self, consumer: str = "ingest", partition: int = 0) -> Iterator[LogReader]:
        reader = KafkaLogReader(self._settings, consumer, partition)
        try:
            yield reader
        finally:
            reader.close()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        self._kafka.change_topic(self._settings.topic, "max.message.bytes", "1")
        yield
        self._kafka.change_topic(self._settings.topic, "max.message.bytes", str(MAX_MESSAGE_BYTES))

    def after_a_power_cut(self) -> KafkaLogToTest:
        (broker,) = self._kafka.brokers
        broker.process.kill()
        self._kafka.restart(broker)
        return self


BOUNDED: Mapping[str, Callable[[Path, int], LogToTest]] = {
    "embedded": lambda folder, max_bytes: EmbeddedLogToTest(folder / "log", max_bytes),
    "in memory, one partition": lambda _, max_bytes: PartedLogToTest(PartedLog(1, max_bytes=max_bytes)),
    "in memory, four partitions": lambda _, max_bytes: PartedLogToTest(PartedLog(4, max_bytes=max_bytes)),
}
"""Those that know what they drop when their limit of bytes is reached. Kafka drops by age and size alone."""
ON_KAFKA = {"Kafka, one partition": 1, "Kafka, four partitions": 4}
PARTED = ("in memory, four partitions",)


def key_of(partition: int, log: LogToTest) -> str:
    """Return a key that lies in a partition."""
    return next(key for n in range(1_000) if partition_of(key := f"c-{n}", log.partitions) == partition)


def all_of(reader: LogReader) -> list[Entry]:
    out: list[Entry] = []
    while (found := reader.read()) or reader.backlog_bytes:
        out += found
    return out


def some(reader: LogReader, count: int) -> list[Entry]:
    """Return the next entries: as many, unless fewer are left."""
    out: list[Entry] = []
    while len(out) < count and ((found := reader.read(count - len(out))) or reader.backlog_bytes):
        out += found
    return out
