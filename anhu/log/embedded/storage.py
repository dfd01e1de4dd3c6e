"""The blocking half of the embedded log: open and mend, append and flush, begin new segments.

One thread at a time calls it.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from anhu.contract.clock import Clock
from anhu.log.embedded import consumers, disk
from anhu.log.embedded import entries as frames
from anhu.log.embedded.retention import Limits, Retention
from anhu.log.embedded.segment_files import SegmentFiles
from anhu.log.embedded.segments import Segment, segment, segments
from anhu.log.port import LogFullError, Position

logger = logging.getLogger(__name__)
_ROLLS_PER_AGE = 8  # a segment spans at most this part of the age limit, so that age is kept in small steps


class Storage:
    """The segment files of one log, open for writing by this process alone."""

    def __init__(self, folder: Path, limits: Limits, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._limits, self._clock = folder, limits, clock
        self._lock = _locked(folder / "writer.lock")
        for leftover in folder.glob("*.new"):
            leftover.unlink()
        self.files = SegmentFiles(folder)
        self.retention = Retention(self.files, limits, clock)
        known = segments(folder)
        self._fd: int | None = None
        if known:
            self._mend(known[-1])
        if (furthest := max(consumers.committed(folder), default=0)) > self.files.end:  # segments were lost or deleted
            self._abandon(self.files.end - known[-1].base if known else 0)
            self.files.end = furthest
        if self._fd is None:
            self._fd = self._begin()
        self.files.look_again()

    def append(self, records: Sequence[bytes]) -> Position:
        """Put records on disk and return the position of the first.

        Raises
        ------
        LogFullError
            When nothing more may be dropped.
        OSError
            When the disk refuses: none of the records counts, and the next call starts clean.
        """
        data = frames.pack(records, self.files.end)
        self._roll_if_due()
        self._make_room(len(data))
        if self._fd is None:
            self._fd = self._begin()
            self.files.look_again()
        start = self.files.end
        offset = start - self.files.active.base
        try:
            disk.write_all(self._fd, data, offset)
        except OSError:
            os.ftruncate(self._fd, offset)
            raise
        try:
            disk.sync_data(self._fd)
        except OSError:
            self._abandon(offset)
            raise
        self.files.grow(start + len(data))
        return start

    def close(self) -> None:
        """Close files and give the lock back."""
        if self._fd is not None:
            os.close(self._fd)
        self.files.close()
        os.close(self._lock)

    def _begin(self) -> int:
        """Begin a segment at the end; a file that a failed flush left there is replaced, not reused."""
        for stale in [s for s in segments(self._folder) if s.base >= self.files.end]:
            stale.path.unlink()
        path = segment(self._folder, self.files.end, self._clock.now_ms()).path
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            disk.sync_folder(self._folder)
        except OSError:
            os.close(fd)
            raise
        return fd

    def _mend(self, last: Segment) -> None:
        """Open the newest segment, cut off what a crash left half written, and bring the rest to the disk."""
        fd = os.open(last.path, os.O_RDWR)
        entries, sound_bytes = frames.salvage(last.path.read_bytes(), last.base)
        if cut_bytes := os.fstat(fd).st_size - sound_bytes:
            logger.warning("log: cut %d bytes of unfinished writing off %s", cut_bytes, last.path.name)
            os.ftruncate(fd, sound_bytes)
        disk.sync_data(fd)
        self.files.end = entries[-1].next_position if entries else last.base
        if self.files.end == last.base + sound_bytes:
            self._fd = fd
        else:  # something was taken out of it: it stays closed
            os.close(fd)

    def _abandon(self, offset: int) -> None:
        """After a failed flush nobody knows what the page cache holds: leave this file for good."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        try:
            os.ftruncate(fd, offset)
        except OSError:
            logger.exception("log: could not cut the tail of a segment after a failed flush")
        finally:
            os.close(fd)

    def _roll_if_due(self) -> None:
        active = self.files.active
        age_ms = self._clock.now_ms() - active.begun_ms
        used = self.files.sizes[active]
        if used >= self._limits.segment_bytes or (used and age_ms >= self._limits.max_age_s * 1_000 / _ROLLS_PER_AGE):
            self._roll()
            self.retention.drop_old()

    def _roll(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self._fd = self._begin()
        self.files.look_again()

    def _make_room(self, needed_bytes: int) -> None:
        """Drop by the rule in the package's docstring until a batch fits. [byte]."""
        retention, files = self.retention, self.files
        if retention.has_room(needed_bytes):
            return
        retention.drop_read(needed_bytes)
        if not retention.has_room(needed_bytes) and files.sizes[files.active]:
            self._roll()
        retention.drop_unread_numbers(needed_bytes)
        if not retention.has_room(needed_bytes):
            raise LogFullError(
                f"log: {files.stored_bytes} of {self._limits.max_bytes} bytes are events that a consumer has not read"
            )


def _locked(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise OSError(f"log: {path.parent} is being written by another process") from None
    return fd
