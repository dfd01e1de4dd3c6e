"""What a LOG promises to its writer and its readers.

A LOG has a fixed number of partitions. Records of one key lie in one of them (`anhu.log.partition`), in the order in
which they were appended; between partitions there is no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

Keyed = tuple[str, bytes]
"""A key (`anhu.registry.partition_key`) and a record, or an entry of records whose keys all lie in one partition."""

Position = int
"""Where a record stands in its partition: grows along it; the position after the last record read is where to go on."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record and the position right after it."""

    next_position: Position
    record: bytes


class LogFullError(Exception):
    """No room is left and nothing may be dropped: the writer must not acknowledge."""


class LogWriter(Protocol):
    """A writer of all partitions: the only one where the LOG lies on a disk, one of many where brokers keep it."""

    @property
    def partitions(self) -> int:
        """How many partitions there are, fixed for the life of the LOG."""
        ...

    async def append_many(self, records: Sequence[Keyed]) -> Mapping[int, Position]:
        """Return once all of the records are durable, in this order wherever they share a partition.

        The hot path: one await for a whole batch, which shares the disk flush with its neighbours (group commit).
        Durable is on disk, or on every copy that is in step where brokers keep the LOG (`anhu.log.kafka`).

        Returns
        -------
        mapping
            Partition -> the position right after the last of these records that lies there.

        Raises
        ------
        LogFullError
            When the log is at its limit and the oldest records are unread events, or too much waits to be written.
        OSError
            When the disk or the brokers refuse, or do not answer in time. Whatever is raised, none of the records
            counts as acknowledged, and all may be offered again; some of them may be there already: in other
            partitions, and where a broker's answer was lost.
        """
        ...

    async def aclose(self) -> None:
        """Flush and close; from then on nothing is taken (OSError)."""
        ...


class LogReader(Protocol):
    """One named consumer of one partition, with a position of its own that survives restarts."""

    @property
    def committed(self) -> Position:
        """The position that reading goes on from after a restart."""
        ...

    def seek(self, position: Position) -> None:
        """Read next from this position (at the oldest kept record, if that is later)."""
        ...

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        """Return what is durable from here on and has come here, in order. Never blocks on the writer.

        Empty is not yet the end: only a backlog of 0 is, since brokers may have what has not come.
        """
        ...

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to read. False when the time ran out. [s]."""
        ...

    def commit(self, position: Position) -> None:
        """Record durably that everything before the position is done with; a lower one than before is ignored.

        Raises
        ------
        ValueError
            When the position is beyond the durable end.
        OSError
            When the disk refuses: the old position stands.
        """
        ...

    @property
    def backlog_bytes(self) -> int:
        """Bytes between the reading position and the durable end; 0 only when it is known that all was read. [byte].

        Where positions count records it is an estimate; a reader that has lost its brokers knows no end, and says 1.
        """
        ...

    @property
    def unheard_s(self) -> float:
        """For how long nobody said where the durable end is; 0 where it lies on this machine's disk. [s]."""
        ...

    def close(self) -> None:
        """Release files; the committed position stays."""
        ...


class CountedLogWriter(LogWriter, Protocol):
    """A writer that says what became of what it was given."""

    def counters(self) -> Mapping[str, float]:
        """Return what there is to count of the LOG; each adapter has names of its own."""
        ...


class CountedLogReader(LogReader, Protocol):
    """A reader that says what it did not get to read."""

    def counters(self) -> Mapping[str, float]:
        """Return what there is to count of this reader; ``dropped_unread``, what was gone before it came to it."""
        ...
