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


def test_records_of_one_turn_share_one_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            flushes: list[int] = []

            def sync_data(fd: int) -> None:
                flushes.append(fd)
                os.fdatasync(fd)

            monkeypatch.setattr(disk, "sync_data", sync_data)
            positions = await asyncio.gather(*(append(writer, b"%d" % i) for i in range(500)))
            assert list(positions) == sorted(set(positions))
            assert len(flushes) == 1
            shared = {writer._take([b"a"]), writer._take([b"b"])}
            assert len(shared) == 1
            await shared.pop()

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
