"""The blocking half of the embedded log: open and mend, append and flush, begin new segments, make room.

One thread at a time calls it. What readers may see is told through `PublishedEnd`, always after the flush.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from anhu.contract.clock import Clock
from anhu.log.embedded import consumers, disk
from anhu.log.embedded import entries as frames
from anhu.log.embedded.published import Published, PublishedEnd
from anhu.log.embedded.segments import Segment, place_of, segment, segments
from anhu.log.port import LogFullError, Position

logger = logging.getLogger(__name__)
_ROLLS_PER_AGE = 8  # a segment spans at most this part of the age limit, so that age is kept in small steps


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept.

    Attributes
    ----------
    max_bytes : int
        Of all segments together. [byte]
    max_age_s : float
        Of records that every consumer has read. [s]
    segment_bytes : int
        A segment that has reached this is closed. [byte]
    """

    max_bytes: int
    max_age_s: float
    segment_bytes: int

    def __post_init__(self) -> None:
        if not 0 < self.segment_bytes <= self.max_bytes // 2:
            raise ValueError(f"segment_bytes: got {self.segment_bytes}, expected 1 to half of max_bytes")
        if self.max_age_s <= 0:
            raise ValueError(f"max_age_s: got {self.max_age_s}, expected more than 0 s")


class Storage:
    """The segment files of one log, open for writing by this process alone."""

    def __init__(self, folder: Path, limits: Limits, clock: Clock, holds_event: Callable[[bytes], bool]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._limits, self._clock, self._holds_event = folder, limits, clock, holds_event
        self._lock = _locked(folder / "writer.lock")
        for leftover in folder.glob("*.new"):
            leftover.unlink()
        self._published = PublishedEnd(folder)
        self._generation = self._published.ask().generation + 1
        self.cut_bytes = 0
        self.dropped_unread = 0
        self._thinned: set[Position] = set()
        known = segments(folder)
        self._fd: int | None = None
        self.end: Position = 0
        if known:
            self._mend(known[-1])
        if (furthest := max(consumers.committed(folder), default=0)) > self.end:  # segments were lost or deleted
            self._abandon(self.end - known[-1].base if known else 0)
            self.end = furthest
        if self._fd is None:
            self._fd = self._begin()
        self._list()

    @property
    def stored_bytes(self) -> int:
        """Size of all segments. [byte]."""
        return sum(self._sizes.values())

    def append(self, records: Sequence[bytes]) -> Position:
        """Put records on disk and return the position of the first.

        Raises
        ------
        LogFullError
            When nothing more may be dropped.
        OSError
            When the disk refuses: none of the records counts, and the next call starts clean.
        """
        data = frames.pack(records, self.end)
        self._roll_if_due()
        self._make_room(len(data))
        if self._fd is None:
            self._fd = self._begin()
            self._list()
        start, offset = self.end, self.end - self._active.base
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
        self.end = start + len(data)
        self._sizes[self._active] = self.end - self._active.base
        self._tell()
        return start

    def close(self) -> None:
        """Close files and give the lock back."""
        if self._fd is not None:
            os.close(self._fd)
        self._published.close()
        os.close(self._lock)

    @property
    def _active(self) -> Segment:
        return next(reversed(self._sizes))

    def _tell(self) -> None:
        self._published.tell(Published(self.end, self._generation))

    def _list(self) -> None:
        """Look at the folder again, and have the readers do so."""
        self._sizes = {s: s.path.stat().st_size for s in segments(self._folder)}
        self._generation += 1
        self._tell()

    def _begin(self) -> int:
        """Begin a segment at the end; a file that a failed flush left there is replaced, not reused."""
        for stale in [s for s in segments(self._folder) if s.base >= self.end]:
            stale.path.unlink()
        path = segment(self._folder, self.end, self._clock.now_ms()).path
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
        self.cut_bytes = os.fstat(fd).st_size - sound_bytes
        if self.cut_bytes:
            logger.warning("log: cut %d bytes of unfinished writing off %s", self.cut_bytes, last.path.name)
            os.ftruncate(fd, sound_bytes)
        disk.sync_data(fd)
        self.end = entries[-1].next_position if entries else last.base
        if self.end == last.base + sound_bytes:
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
        active = self._active
        age_ms = self._clock.now_ms() - active.begun_ms
        used = self._sizes[active]
        if used >= self._limits.segment_bytes or (used and age_ms >= self._limits.max_age_s * 1_000 / _ROLLS_PER_AGE):
            self._roll()
            self._drop_old()

    def _roll(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self._fd = self._begin()
        self._list()

    def _read_by_all(self) -> list[Segment]:
        """Return the closed segments that every consumer has read, oldest first."""
        read_to = min(consumers.committed(self._folder), default=self.end)
        closed = list(self._sizes)
        ends = [s.base for s in closed[1:]]
        return [s for s, end in zip(closed, ends, strict=False) if end <= read_to]

    def _drop_old(self) -> None:
        begun = [s.begun_ms for s in self._sizes]
        last_written_ms = dict(zip(self._sizes, begun[1:], strict=False))
        oldest_ms = self._clock.now_ms() - self._limits.max_age_s * 1_000
        self._drop([s for s in self._read_by_all() if last_written_ms[s] < oldest_ms])

    def _drop(self, gone: Sequence[Segment]) -> None:
        for old in gone:
            old.path.unlink()
            self._thinned.discard(old.base)
        if gone:
            disk.sync_folder(self._folder)
            self._list()

    def _make_room(self, needed: int) -> None:
        """Drop by the rule in the package's docstring until a batch fits. [byte]."""
        limit = self._limits.max_bytes - needed
        if self.stored_bytes <= limit:
            return
        for old in self._read_by_all():
            if self.stored_bytes > limit:
                self._drop([old])
        if self.stored_bytes > limit and self._sizes[self._active]:
            self._roll()
        for full in list(self._sizes)[:-1]:
            if self.stored_bytes > limit and full.base not in self._thinned:
                self._thin(full)
        if self.stored_bytes > limit:
            raise LogFullError(
                f"log: {self.stored_bytes} of {self._limits.max_bytes} bytes are events that a consumer has not read"
            )

    def _thin(self, full: Segment) -> None:
        """Keep only the unread events of a segment; remove the file when there is none."""
        read_to = min(consumers.committed(self._folder), default=0)
        limit = place_of(full.base, list(self._sizes), self.end).limit
        entries, _ = frames.salvage(full.path.read_bytes(), full.base)
        unread = [e for e in entries if read_to < e.next_position <= limit]
        kept = [e for e in unread if self._holds_event(e.record)]
        if kept:
            disk.write_file(full.path, frames.repack(kept))
            self._thinned.add(full.base)
        else:
            full.path.unlink()
            disk.sync_folder(self._folder)
        self.dropped_unread += len(unread) - len(kept)
        logger.warning("log: full; dropped %d unread numbers, kept %d events", len(unread) - len(kept), len(kept))
        self._list()


def _locked(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise OSError(f"log: {path.parent} is being written by another process") from None
    return fd
