"""One suite for every LOG: what was acknowledged is read, in order, once per consumer, wherever its key lies."""

from __future__ import annotations

import asyncio
import os

import pytest

from anhu.log.partition import partition_of
from tests.anhu.log.logs import append, everything, run
from tests.conformance.logs_to_test import LogToTest, all_of, key_of, some


def test_what_was_appended_is_read_in_order_with_growing_positions(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            key = key_of(0, log)
            told = [await append(writer, b"%d" % i, key) for i in range(50)]
            with log.reading() as reader:
                assert [e.record for e in some(reader, 20)] == [b"%d" % i for i in range(20)]
                rest = all_of(reader)
                assert [e.next_position for e in rest] == told[20:]
                assert reader.backlog_bytes == 0
                assert not reader.read()

    run(test)


def test_what_comes_in_one_turn_keeps_its_order_and_has_positions_of_its_own(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            positions = await asyncio.gather(*(append(writer, b"%d" % i, key_of(0, log)) for i in range(500)))
            assert list(positions) == sorted(set(positions))
            with log.reading() as reader:
                assert everything(reader) == [b"%d" % i for i in range(500)]

    run(test)


def test_a_batch_is_told_where_it_ends_in_each_partition_that_it_touches(log: LogToTest) -> None:
    async def test() -> None:
        keys = [key_of(partition, log) for partition in range(log.partitions)]
        async with log.writing() as writer:
            assert writer.partitions == log.partitions
            assert not await writer.append_many([])
            for some in (keys, keys[-1:], keys[:2]):
                told = await writer.append_many([(key, b"x%d" % i) for i in range(7) for key in some])
                assert set(told) == {partition_of(key, log.partitions) for key in some}
            told = await writer.append_many([(key, b"last") for key in keys])
            for partition, position in told.items():
                with log.reading("ingest", partition) as reader:
                    last = all_of(reader)[-1]
                assert (last.next_position, last.record) == (position, b"last")

    run(test)


def test_each_partition_holds_its_keys_in_order_nothing_lost_and_nothing_twice(log: LogToTest) -> None:
    async def test() -> None:
        sent = [(f"c-{n % 23}", b"c-%d/%d" % (n % 23, n)) for n in range(1_000)]
        async with log.writing() as writer:
            for first in range(0, len(sent), 77):
                await writer.append_many(sent[first : first + 77])
        for partition in range(log.partitions):
            with log.reading("ingest", partition) as reader:
                mine = [record for key, record in sent if partition_of(key, log.partitions) == partition]
                assert everything(reader) == mine
                assert mine

    run(test)


def test_a_cancelled_append_takes_nothing_from_its_neighbours(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            first = asyncio.create_task(append(writer, b"first", key_of(0, log)))
            second = asyncio.create_task(append(writer, b"second", key_of(0, log)))
            await asyncio.sleep(0)
            first.cancel()
            assert await second > 0
            with pytest.raises(asyncio.CancelledError):
                await first

    run(test)


def test_restart_goes_on_at_the_committed_position(log: LogToTest) -> None:
    async def test() -> None:
        key = key_of(0, log)
        async with log.writing() as writer:
            await asyncio.gather(*(append(writer, b"%d" % i, key) for i in range(10)))
            with log.reading() as reader, log.reading("alerts") as other:
                reader.commit(some(reader, 4)[-1].next_position)
                reader.commit(1)  # a lower one changes nothing
                assert len(some(reader, 3)) == 3
                assert len(everything(other)) == 10
        async with log.writing() as writer:
            await append(writer, b"10", key)
            with log.reading() as reader, log.reading("alerts") as other:
                assert everything(reader) == [b"%d" % i for i in range(4, 11)]
                assert len(everything(other)) == 11
                reader.seek(0)
                assert len(everything(reader)) == 11
                with pytest.raises(ValueError, match="durable end"):
                    reader.commit(10**9)

    run(test)


def test_consumers_and_partitions_have_positions_of_their_own(log: LogToTest) -> None:
    async def test() -> None:
        keys = [key_of(partition, log) for partition in range(log.partitions)]
        async with log.writing() as writer:
            await writer.append_many([(key, b"%d" % i) for i in range(4) for key in keys])
        for partition in range(log.partitions):
            with log.reading("ingest", partition) as reader, log.reading("alerts", partition) as other:
                assert (reader.committed, other.committed) == (0, 0)
                entries = all_of(reader)
                reader.commit(entries[partition].next_position)
                assert other.committed == 0
        for partition in range(log.partitions):
            with log.reading("ingest", partition) as reader:
                assert len(everything(reader)) == 3 - partition

    run(test)


def test_a_reader_goes_back_and_forth_as_it_is_told(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            ends = [await append(writer, b"%d" % i, key_of(0, log)) for i in range(5)]
            with log.reading() as reader:
                for start in (3, 1, 4, 0):
                    reader.seek(ends[start - 1] if start else 0)
                    assert everything(reader) == [b"%d" % i for i in range(start, 5)]
                    assert reader.committed == 0

    run(test)


def test_the_backlog_is_what_is_left_to_read(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            with log.reading() as reader:
                assert reader.backlog_bytes == 0
                first = await append(writer, b"a" * 50, key_of(0, log))
                last = await append(writer, b"b" * 50, key_of(0, log))
                assert reader.backlog_bytes == last if log.counts_bytes else reader.backlog_bytes >= 100
                assert len(some(reader, 1)) == 1
                assert reader.backlog_bytes == last - first if log.counts_bytes else reader.backlog_bytes >= 50
                assert len(some(reader, 1)) == 1
                assert reader.backlog_bytes == 0

    run(test)


def test_wait_wakes_up_for_a_record_and_for_the_time(log: LogToTest) -> None:
    async def test() -> None:
        async with log.writing() as writer:
            with log.reading() as reader:
                assert not await reader.wait(0.001)
                waiting = asyncio.create_task(reader.wait(10))
                await append(writer, b"x", key_of(0, log))
                assert await waiting
                assert await reader.wait(0)

    run(test)


def test_a_record_elsewhere_wakes_nobody(parted_log: LogToTest) -> None:
    async def test() -> None:
        async with parted_log.writing() as writer:
            for partition in range(1, parted_log.partitions):
                await append(writer, b"x", key_of(partition, parted_log))
            with parted_log.reading() as reader:
                assert not await reader.wait(0.01)

    run(test)


def test_a_reader_may_come_before_the_writer(log: LogToTest) -> None:
    async def test() -> None:
        with log.reading() as reader:
            assert not reader.read()
            async with log.writing() as writer:
                await append(writer, b"x", key_of(0, log))
                assert everything(reader) == [b"x"]

    run(test)


def test_a_large_record_is_read_whole_however_small_the_read(log: LogToTest) -> None:
    big = os.urandom(1_500_000)

    async def test() -> None:
        async with log.writing() as writer:
            for _ in range(4):
                await append(writer, big, key_of(0, log))
            with log.reading() as reader:
                while not (first := reader.read(max_bytes=1)):
                    assert reader.backlog_bytes
                assert [e.record for e in first] == [big]
                assert everything(reader) == [big] * 3

    run(test)
