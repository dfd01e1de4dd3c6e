"""What the embedded log keeps and what goes first, by the rule in the docstring of `anhu.log`."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.observation import Event
from anhu.contract.record import LogRecord, Numbers, Undecoded, decode_entry
from anhu.log.embedded import consumers, disk
from anhu.log.embedded import entries as frames
from anhu.log.embedded.segment_files import SegmentFiles
from anhu.log.embedded.segments import Segment, place_of
from anhu.log.port import Position

logger = logging.getLogger(__name__)


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


def holds_event(record: bytes) -> bool:
    """Tell whether an entry must outlive numbers: it holds an event, or nobody knows what it holds."""
    try:
        return any(map(_must_outlive_numbers, decode_entry(record)))
    except msgspec.DecodeError:
        return True


def _must_outlive_numbers(record: LogRecord) -> bool:
    if isinstance(record, Numbers):
        return False
    return isinstance(record, Undecoded) or any(isinstance(o, Event) for o in record.observations)


class Retention:
    """Drops closed segments, and the unread numbers of others, when the limits ask for it.

    Parameters
    ----------
    files : SegmentFiles
        What there is; the last of them is being written and stays as it is.

    Attributes
    ----------
    dropped_unread : int
        Records without an event that were dropped before every consumer had read them, since opening.
    """

    def __init__(self, files: SegmentFiles, limits: Limits, clock: Clock) -> None:
        self._files, self._limits, self._clock = files, limits, clock
        self._thinned: set[Position] = set()
        self.dropped_unread = 0

    def has_room(self, needed_bytes: int) -> bool:
        """Tell whether so much more may be written. [byte]."""
        return self._files.stored_bytes <= self._limits.max_bytes - needed_bytes

    def drop_old(self) -> None:
        """Drop what every consumer has read and nobody may want again."""
        begun = [s.begun_ms for s in self._files.sizes]
        last_written_ms = dict(zip(self._files.sizes, begun[1:], strict=False))
        oldest_ms = self._clock.now_ms() - self._limits.max_age_s * 1_000
        for old in self._read_by_all():
            if last_written_ms[old] < oldest_ms:
                self._drop(old)

    def drop_read(self, needed_bytes: int) -> None:
        """Drop what every consumer has read, the oldest first, until there is room. [byte]."""
        for old in self._read_by_all():
            if not self.has_room(needed_bytes):
                self._drop(old)

    def drop_unread_numbers(self, needed_bytes: int) -> None:
        """Thin closed segments, the oldest first, until there is room. [byte]."""
        for full in list(self._files.sizes)[:-1]:
            if not self.has_room(needed_bytes) and full.base not in self._thinned:
                self._thin(full)

    def _read_by_all(self) -> list[Segment]:
        """Return the closed segments that every consumer has read, oldest first."""
        read_to = min(consumers.committed(self._files.folder), default=self._files.end)
        closed = list(self._files.sizes)
        ends = [s.base for s in closed[1:]]
        return [s for s, end in zip(closed, ends, strict=False) if end <= read_to]

    def _drop(self, old: Segment) -> None:
        old.path.unlink()
        self._thinned.discard(old.base)
        disk.sync_folder(self._files.folder)
        self._files.look_again()

    def _thin(self, full: Segment) -> None:
        """Keep only the unread events of a segment; remove the file when there is none."""
        read_to = min(consumers.committed(self._files.folder), default=0)
        limit = place_of(full.base, list(self._files.sizes), self._files.end).limit
        entries, _ = frames.salvage(full.path.read_bytes(), full.base)
        unread = [e for e in entries if read_to < e.next_position <= limit]
        kept = [e for e in unread if holds_event(e.record)]
        if kept:
            disk.write_file(full.path, frames.repack(kept))
            self._thinned.add(full.base)
        else:
            full.path.unlink()
            disk.sync_folder(self._files.folder)
        self.dropped_unread += len(unread) - len(kept)
        logger.warning("log: full; dropped %d unread numbers, kept %d events", len(unread) - len(kept), len(kept))
        self._files.look_again()
