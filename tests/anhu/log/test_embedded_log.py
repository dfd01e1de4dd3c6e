"""The embedded log: group commit, order, positions."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from anhu.log.embedded import disk
from anhu.log.embedded import entries as frames
from anhu.log.embedded.writer import EmbeddedLogWriter
from tests.anhu.log.logs import append, everything, reading, run, writing


def test_what_was_appended_is_read_in_order_with_growing_positions(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            told = [await append(writer, b"%d" % i) for i in range(50)]
            with reading(tmp_path) as reader:
                assert [e.record for e in reader.read(20)] == [b"%d" % i for i in range(20)]
                rest = reader.read()
                assert [e.next_position for e in rest] == told[20:]
                assert reader.backlog_bytes == 0
                assert not reader.read()

    run(test)


def test_records_of_one_turn_share_one_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            flushes = []
            monkeypatch.setattr(disk, "sync_data", lambda fd: flushes.append(fd) or os.fdatasync(fd))
            positions = await asyncio.gather(*(append(writer, b"%d" % i) for i in range(500)))
            assert list(positions) == sorted(set(positions))
            assert len(flushes) == 1
            shared = {writer._take([b"a"]), writer._take([b"b"])}
            assert len(shared) == 1
            await shared.pop()

    run(test)


def test_a_cancelled_append_takes_nothing_from_its_neighbours(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            first = asyncio.create_task(append(writer, b"first"))
            second = asyncio.create_task(append(writer, b"second"))
            await asyncio.sleep(0)
            first.cancel()
            assert await second > 0
            with pytest.raises(asyncio.CancelledError):
                await first

    run(test)


def test_restart_goes_on_at_the_committed_position(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            await asyncio.gather(*(append(writer, b"%d" % i) for i in range(10)))
            with reading(tmp_path) as reader, reading(tmp_path, "alerts") as other:
                reader.commit(reader.read(4)[-1].next_position)
                reader.commit(1)  # a lower one changes nothing
                reader.read(3)
                assert len(everything(other)) == 10
        async with writing(tmp_path) as writer:
            await append(writer, b"10")
            with reading(tmp_path) as reader, reading(tmp_path, "alerts") as other:
                assert everything(reader) == [b"%d" % i for i in range(4, 11)]
                assert len(everything(other)) == 11
                reader.seek(0)
                assert len(everything(reader)) == 11
                with pytest.raises(ValueError, match="durable end"):
                    reader.commit(10**9)

    run(test)


def test_wait_wakes_up_for_a_record_and_for_the_time(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            with reading(tmp_path) as reader:
                assert not await reader.wait(0.001)
                waiting = asyncio.create_task(reader.wait(10))
                await append(writer, b"x")
                assert await waiting
                assert await reader.wait(0)

    run(test)


def test_a_reader_may_come_before_the_writer(tmp_path: Path) -> None:
    async def test() -> None:
        with reading(tmp_path / "log") as reader:
            assert not reader.read()
            async with writing(tmp_path / "log") as writer:
                await append(writer, b"x")
                assert everything(reader) == [b"x"]

    run(test)


def test_large_records_and_small_reads(tmp_path: Path) -> None:
    big = os.urandom(1_500_000)

    async def test() -> None:
        async with writing(tmp_path, segment_bytes=2_000_000) as writer:
            for _ in range(4):
                await append(writer, big)
            with reading(tmp_path) as reader:
                assert [e.record for e in reader.read(max_bytes=1)] == [big]
                assert everything(reader) == [big] * 3
            with pytest.raises(ValueError, match="at most"):
                await append(writer, b"x" * (frames.MAX_RECORD_BYTES + 1))
        with pytest.raises(OSError, match="closed"):
            await append(writer, b"x")

    run(test)


def test_limits_are_checked_when_made(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="segment_bytes"):
        EmbeddedLogWriter(tmp_path, segment_bytes=100, max_bytes=150)
    with pytest.raises(ValueError, match="max_age_s"):
        EmbeddedLogWriter(tmp_path, max_age_s=0)
