"""The LOG in Kafka, written: one of many writers, each with a session of its own that writes nothing twice."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError

from anhu.log.kafka.ends import PartitionEnd, partition_end
from anhu.log.kafka.errors import in_words
from anhu.log.kafka.link import MAX_WAITING_BYTES, Link
from anhu.log.kafka.settings import MAX_RECORD_BYTES, KafkaSettings
from anhu.log.partition import partition_of
from anhu.log.port import Keyed, LogFullError, Position


class _Append:
    """Records that were handed over together; reports come in the link's thread."""

    __slots__ = ("_reported", "acknowledged", "count", "error", "heard", "is_over", "positions", "size")

    def __init__(
        self, count: int, acknowledged: asyncio.Future[Mapping[int, Position]], reported: deque[_Append]
    ) -> None:
        self._reported = reported
        self.acknowledged = acknowledged
        self.positions: dict[int, Position] = {}
        self.error: KafkaError | None = None
        self.count = count
        self.heard = self.size = 0
        self.is_over = False

    def report(self, error: KafkaError | None, message: Any) -> None:  # noqa: ANN401 - the client's own
        """Take over what became of one record."""
        if error is not None:
            self.error = error
        else:
            partition, position = message.partition(), message.offset() + 1
            self.positions[partition] = max(position, self.positions.get(partition, 0))
        self.heard += 1
        if self.heard == self.count:
            self._reported.append(self)


class KafkaLogWriter:
    """Hands records to the brokers and tells who waits when all copies in step have them.

    Used from one event loop. The brokers' answers are heard in a thread of its own, which wakes the loop once for all
    that came together.

    Parameters
    ----------
    settings : KafkaSettings
        The topic must be there, with as many partitions (`anhu.log.kafka.topic`).
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._waiting_bytes = 0
        self._appended = self._refused = self._renewed = 0
        self._reported: deque[_Append] = deque()
        self._link = Link(settings, self._wake)
        self._ends: Sequence[PartitionEnd] = [
            partition_end(settings.servers, settings.topic, number) for number in range(settings.partitions)
        ]

    @property
    def partitions(self) -> int:
        """How many partitions there are, fixed for the life of the LOG."""
        return self._settings.partitions

    def counters(self) -> Mapping[str, float]:
        """Return the records taken and the appends refused since the start, and what waits for the brokers."""
        return {
            "appended": self._appended,
            "refused": self._refused,
            "waiting_bytes": self._waiting_bytes,
            "new_sessions": self._renewed,
        }

    async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        """Return the position right after the last in each partition, once every copy in step has all of them.

        Raises
        ------
        LogFullError
            When 64 MiB already wait for the brokers.
        OSError
            When the brokers refuse, or do not answer in time: some records may be there nevertheless.
        ValueError
            When a record is longer than 16 MiB.
        """
        if not records:
            return {}
        self._check(records)
        loop = self._loop = asyncio.get_running_loop()
        one = _Append(len(records), loop.create_future(), self._reported)
        self._send(one, records)
        return await one.acknowledged

    async def aclose(self) -> None:
        """Wait for what was taken, as long as it may take, and close."""
        self._closed = True
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._link.drain, self._settings.ack_within_s + 1)
        await asyncio.to_thread(self._link.close)
        self._settle()

    def _check(self, records: Sequence[Keyed]) -> None:
        if self._closed:
            raise OSError("log: closed")
        if (longest := max(len(record) for _, record in records)) > MAX_RECORD_BYTES:
            raise ValueError(f"record: got {longest} bytes, expected at most {MAX_RECORD_BYTES}")
        if self._waiting_bytes > MAX_WAITING_BYTES:
            raise LogFullError(f"log: {self._waiting_bytes} bytes wait for Kafka: {self._link.trouble or 'it is slow'}")
        if self._link.is_broken:
            self._renew()

    def _send(self, one: _Append, records: Sequence[Keyed]) -> None:
        """Hand all over; when the client refuses one, who waits is told, and those before it go their way."""
        topic, count, send, report = self._settings.topic, self.partitions, self._link.send, one.report
        self._waiting_bytes += (size := sum(len(record) for _, record in records))
        one.size = size
        handed = 0
        try:
            for key, record in records:
                send(topic, partition_of(key, count), record, report)
                handed += 1
        except OSError as error:
            one.acknowledged.set_exception(error)
            one.error = one.error or KafkaError(KafkaError._FAIL)  # noqa: SLF001 - the client's own name for it
            one.count = handed
            if one.heard >= handed:  # all were reported before the number was known
                self._reported.append(one)
                self._settle()

    def _renew(self) -> None:
        """Begin a new session in place of one that ended for ever; what waited in it is reported as not written."""
        old, self._link = self._link, Link(self._settings, self._wake)
        self._renewed += 1

        def end() -> None:
            old.give_up()
            old.close()

        asyncio.get_running_loop().run_in_executor(None, end)

    def _wake(self) -> None:
        if self._loop is not None and self._reported:
            try:
                self._loop.call_soon_threadsafe(self._settle)
            except RuntimeError:  # the loop has ended: nobody waits any more
                return

    def _settle(self) -> None:
        while self._reported:
            one = self._reported.popleft()
            if not one.is_over:
                one.is_over = True
                self._waiting_bytes -= one.size
                self._tell(one)

    def _tell(self, one: _Append) -> None:
        if one.error is None:
            self._appended += one.count
            for partition, position in one.positions.items():
                self._ends[partition].heard(position, is_now=False)
        else:
            self._refused += 1
        if one.acknowledged.done():  # cancelled, or told at once
            return
        if one.error is None:
            one.acknowledged.set_result(one.positions)
        else:
            one.acknowledged.set_exception(OSError(self._said(one.error)))

    def _said(self, error: KafkaError) -> str:
        if error.code() == KafkaError._MSG_TIMED_OUT:  # noqa: SLF001 - the client's own name for it
            trouble = self._link.trouble or "no broker takes it, or too few copies are in step"
            return f"Kafka: not acknowledged within {self._settings.ack_within_s:.0f} s: {trouble}"
        return in_words(error)
