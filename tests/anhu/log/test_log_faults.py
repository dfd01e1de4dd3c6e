"""The embedded log when the process or the disk fails: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anhu.log.embedded import disk
from anhu.log.embedded import entries as frames
from anhu.log.embedded.segments import segments
from anhu.log.embedded.writer import EmbeddedLogWriter
from tests.anhu.log.logs import RECORD, append, everything, reading, run, writing


def test_a_half_written_commit_leaves_the_one_before(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            await asyncio.gather(*(append(writer, RECORD) for _ in range(10)))
            with reading(tmp_path) as reader:
                reader.commit(100)
                reader.commit(200)
            slots = tmp_path / "consumers" / "ingest"
            with slots.open("r+b") as file:
                file.write(b"\xff\xff\xff")
            with reading(tmp_path) as reader:
                assert reader.committed == 100

    run(test)


@pytest.mark.parametrize("cut", range(1, 101, 9))
def test_a_torn_tail_is_cut_and_nothing_else(tmp_path: Path, cut: int) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            for _ in range(3):
                await append(writer, RECORD)
        path = segments(tmp_path)[-1].path
        path.write_bytes(path.read_bytes() + frames.pack([RECORD], 300)[:-cut] + b"\0" * (cut // 2))
        async with writing(tmp_path) as writer:
            assert writer.end == 300
            await append(writer, b"after")
            with reading(tmp_path) as reader:
                assert everything(reader) == [RECORD, RECORD, RECORD, b"after"]

    run(test)


def test_damage_in_the_middle_costs_only_the_damaged_record(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            await asyncio.gather(*(append(writer, b"%080d" % i) for i in range(9)))
        path = segments(tmp_path)[-1].path
        with path.open("r+b") as file:
            file.seek(450)
            file.write(b"?")
        async with writing(tmp_path) as writer:
            await append(writer, b"after")
            with reading(tmp_path) as reader:
                kept = everything(reader)
                assert kept == [b"%080d" % i for i in range(9) if i != 4] + [b"after"]
                assert reader.damaged_bytes == 100
                reader.seek(450)
                assert everything(reader) == kept[4:]

    run(test)


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path):
            with pytest.raises(OSError, match="another process"):
                EmbeddedLogWriter(tmp_path)
        async with writing(tmp_path):
            pass

    run(test)


def test_a_full_disk_is_told_to_all_who_wait_and_forgotten_when_there_is_room(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            await append(writer, b"before")
            with file_size_limit(5_000):
                told = await asyncio.gather(*(append(writer, RECORD) for _ in range(100)), return_exceptions=True)
            assert {type(t) for t in told} == {OSError}
            assert {t.errno for t in told if isinstance(t, OSError)} == {errno.EFBIG}
            await append(writer, b"after")
            with reading(tmp_path) as reader:
                assert everything(reader) == [b"before", b"after"]

    run(test)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("records_before", [0, 3])
def test_after_a_failed_flush_a_new_segment_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records_before: int
) -> None:
    def refuse(_fd: int) -> None:
        raise OSError(errno.EIO, "injected")

    async def test() -> None:
        async with writing(tmp_path) as writer:
            with reading(tmp_path) as early:
                for _ in range(records_before):
                    await append(writer, RECORD)
                early.read(1)
                old = segments(tmp_path)[-1].path
                os.link(old, tmp_path / "distrusted")
                with monkeypatch.context() as patch:
                    patch.setattr(disk, "sync_data", refuse)
                    patch.setattr(os, "ftruncate", refuse_cut)
                    with pytest.raises(OSError, match="injected"):
                        await append(writer, b"lost" * 20)
                assert len(everything(early)) == max(records_before - 1, 0)
                await append(writer, b"after")
                assert not segments(tmp_path)[-1].path.samefile(tmp_path / "distrusted")
                assert everything(early) == [b"after"]
                with reading(tmp_path, "late") as late:
                    assert everything(late) == [RECORD] * records_before + [b"after"]
        async with writing(tmp_path) as writer:
            assert writer.end == 100 * records_before + frames.HEAD_BYTES + 5

    def refuse_cut(_fd: int, _length: int) -> None:
        raise OSError(errno.EIO, "injected")

    run(test)


def test_positions_go_on_when_segments_were_deleted_by_hand(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as writer:
            for _ in range(3):
                await append(writer, RECORD)
            with reading(tmp_path) as reader:
                reader.commit(200)
        segments(tmp_path)[0].path.unlink()
        async with writing(tmp_path) as writer:
            assert writer.end == 200
            await append(writer, b"new")
            with reading(tmp_path) as reader:
                assert everything(reader) == [b"new"]

    run(test)
