"""The LOG on the local disk: one writer, readers in any process of the same machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from anhu.contract.clock import Clock, SystemClock
from anhu.log.embedded import entries as frames
from anhu.log.embedded.retention import Limits
from anhu.log.embedded.storage import Storage
from anhu.log.port import Keyed, LogFullError, Position

PARTITIONS = 1
"""A single machine has nothing to part."""
_GATHER_S = 0.002  # under load, neighbours of this time share a flush; a lone record is flushed at once
_MAX_WAITING_BYTES = 64 * 1_048_576


class _Flushed(asyncio.Future[Position]):
    """Done when a group is on disk. One caller's cancellation must not take it from the others."""

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002 - the signature is asyncio's
        return False


class _Group:
    """Records that will share a flush."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.records: list[bytes] = []
        self.size = 0
        self.flushed = _Flushed(loop=loop)


class EmbeddedLogWriter:
    """The one writer: records that come while the disk is busy share the next flush (group commit).

    Used from one event loop; the disk is worked on in a thread of its own.

    Parameters
    ----------
    folder : Path
        Made when it is not there. A second writer is refused with OSError.
    max_bytes : int
        Limit of all segments together; what goes first is said in `anhu.log`. [byte]
    max_age_s : float
        How long records stay readable again after every consumer has read them. [s]
    segment_bytes : int
        Size of a segment; at most half of `max_bytes`. [byte]
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = 8 * 1024**3,
        max_age_s: float = 7 * 86_400.0,
        segment_bytes: int = 32 * 1024**2,
        clock: Clock | None = None,
    ) -> None:
        limits = Limits(max_bytes, max_age_s, segment_bytes)
        self._storage = Storage(folder, limits, clock or SystemClock())
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._waiting: _Group | None = None
        self._flushing: _Group | None = None
        self._last_flush_s = 0.0
        self._closed = False

    @property
    def partitions(self) -> int:
        """One."""
        return PARTITIONS

    @property
    def end(self) -> Position:
        """The durable end."""
        return self._storage.files.end

    @property
    def stored_bytes(self) -> int:
        """Size of all segments. [byte]."""
        return self._storage.files.stored_bytes

    @property
    def dropped_unread(self) -> int:
        """Records without an event that were dropped before every consumer had read them, since opening."""
        return self._storage.retention.dropped_unread

    def counters(self) -> Mapping[str, float]:
        """Return the size of all segments, and the records dropped unread. [byte], [-]."""
        return {"bytes": float(self.stored_bytes), "dropped_unread": float(self.dropped_unread)}

    async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        """Return the position right after the last, once all are on disk; whatever their keys, they stay together.

        Raises
        ------
        LogFullError
            When nothing more may be dropped, or 64 MiB already wait for the disk.
        OSError
            When the disk refuses, or the log is closed.
        ValueError
            When a record is longer than 16 MiB.
        """
        if not records:
            return {}
        flushed = self._take([record for _, record in records])
        behind = self._waiting.size if self._waiting else 0
        return {0: await flushed + behind}

    def _take(self, records: Sequence[bytes]) -> asyncio.Future[Position]:
        """Take all of the records, or none, and return what their whole group shares: the position where it begins."""
        if self._closed:
            raise OSError("log: closed")
        sizes = [len(record) for record in records]
        if max(sizes) > frames.MAX_RECORD_BYTES:
            raise ValueError(f"record: got {max(sizes)} bytes, expected at most {frames.MAX_RECORD_BYTES}")
        group = self._waiting
        if group is None:
            loop = asyncio.get_running_loop()
            group = self._waiting = _Group(loop)
            if self._flushing is None:
                self._schedule(loop)
        elif group.size > _MAX_WAITING_BYTES:
            raise LogFullError(f"log: {group.size} bytes wait for the disk")
        group.records += records
        group.size += sum(sizes) + frames.HEAD_BYTES * len(sizes)
        return group.flushed

    async def aclose(self) -> None:
        """Flush what was taken, and close."""
        self._closed = True
        while group := self._flushing or self._waiting:
            await asyncio.wait([group.flushed])
        self._thread.shutdown()
        self._storage.close()

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        delay_s = self._last_flush_s + _GATHER_S - loop.time()
        if delay_s > 0:
            loop.call_later(delay_s, self._flush, loop)
        else:
            loop.call_soon(self._flush, loop)

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._waiting = self._waiting, None
        if group is None:
            return
        self._flushing = group
        self._last_flush_s = loop.time()
        work = loop.run_in_executor(self._thread, self._storage.append, group.records)
        work.add_done_callback(partial(self._settle, group, loop))

    def _settle(self, group: _Group, loop: asyncio.AbstractEventLoop, work: asyncio.Future[Position]) -> None:
        self._flushing = None
        if self._waiting is not None:
            self._schedule(loop)
        if error := work.exception():
            group.flushed.set_exception(error)
            group.flushed.exception()  # a group that nobody waits for is no warning
        else:
            group.flushed.set_result(work.result())
