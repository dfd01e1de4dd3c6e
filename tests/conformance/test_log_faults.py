"""Every LOG when the power goes, the disk refuses or nothing more fits: what was acknowledged is there."""

from __future__ import annotations

import asyncio

import pytest

from anhu.contract.observation import Event, Scalar
from anhu.log.port import LogFullError, LogWriter
from tests.anhu.log.logs import NOW_MS, append, everything, reading_of, run
from tests.conformance.logs_to_test import LogToTest, all_of, key_of

EVENT = reading_of(Event("fall", NOW_MS))
NUMBER = reading_of(Scalar("heart_rate", 70.0, NOW_MS))


def test_nothing_is_read_before_it_is_acknowledged_and_a_power_cut_takes_nothing_after(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            with log.reading() as reader:
                writing = asyncio.create_task(append(writer, b"x", key_of(0, log)))
                assert not reader.read()
                await writing
                left = log.after_a_power_cut()
                assert everything(reader) == [b"x"]
        async with left.writing() as writer:
            await append(writer, b"y", key_of(0, log))
            with left.reading() as reader:
                assert everything(reader) == [b"x", b"y"]

    run(test)


def test_a_closed_writer_takes_nothing(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            pass
        with pytest.raises(OSError, match="closed"):
            await append(writer, b"x", key_of(0, log))

    run(test)


def test_a_refusing_disk_is_told_to_all_who_wait_and_nothing_of_it_is_read(log: LogToTest) -> None:
    async def test() -> None:
        key = key_of(0, log)
        async with log.writing() as writer:
            await append(writer, b"before", key)
            with log.refusing():
                told = await asyncio.gather(
                    *(append(writer, b"%d" % i, key) for i in range(100)), return_exceptions=True
                )
            assert {type(t) for t in told} == {OSError}
            await append(writer, b"after", key)
            with log.reading() as reader:
                assert everything(reader) == [b"before", b"after"]

    run(test)


async def fill(writer: LogWriter, record: bytes, key: str) -> int:
    """Append until the log refuses; return how many it took."""
    written = 0
    while True:
        try:
            await append(writer, record, key)
        except LogFullError:
            return written
        written += 1


def test_a_log_full_of_unread_events_refuses_until_they_are_read(small_log: LogToTest) -> None:
    async def test() -> None:
        key = key_of(0, small_log)
        async with small_log.writing() as writer:
            with small_log.reading() as reader:
                written = await fill(writer, EVENT, key)
                for _ in range(3):
                    with pytest.raises(LogFullError):
                        await append(writer, EVENT, key)
                entries = all_of(reader)
                assert len(entries) == written > 0
                reader.commit(entries[-1].next_position)
                await append(writer, EVENT, key)
                assert everything(reader) == [EVENT]
        async with small_log.writing() as writer:
            await append(writer, EVENT, key)

    run(test)


def test_a_full_partition_keeps_no_other_from_taking(small_parted_log: LogToTest) -> None:
    async def test() -> None:
        with small_parted_log.reading("ingest", small_parted_log.partitions - 1):
            async with small_parted_log.writing() as writer:
                await fill(writer, EVENT, key_of(small_parted_log.partitions - 1, small_parted_log))
                for partition in range(small_parted_log.partitions - 1):
                    await append(writer, EVENT, key_of(partition, small_parted_log))
                    with small_parted_log.reading("ingest", partition) as reader:
                        assert everything(reader) == [EVENT]

    run(test)


def test_an_unread_event_outlives_numbers_and_a_reader_goes_on_behind_the_gap(small_log: LogToTest) -> None:
    async def test() -> None:
        key = key_of(0, small_log)
        async with small_log.writing() as writer:
            with small_log.reading() as reader:
                await append(writer, EVENT, key)
                end = 0
                for _ in range(200):
                    end = await append(writer, NUMBER, key)
                entries = all_of(reader)
                assert [e.record for e in entries[:2]] == [EVENT, NUMBER]
                assert len(entries) < 201
                assert entries[-1].next_position == end
                reader.seek(entries[0].next_position)
                assert all_of(reader) == entries[1:]

    run(test)
