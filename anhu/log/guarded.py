"""A reader that commits only while its partition is surely its own: who was paused and replaced moves nothing back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anhu.log.port import Entry, LogReader, Position


class GuardedReader:
    """Reads as another reader does, and asks before it commits.

    Parameters
    ----------
    reader : LogReader
        The one that it stands before.
    is_sure : callable
        Whether nobody else can have the partition.
    """

    def __init__(self, reader: LogReader, is_sure: Callable[[], bool]) -> None:
        self._reader = reader
        self._is_sure = is_sure

    @property
    def committed(self) -> Position:
        """The position that reading goes on from after a restart."""
        return self._reader.committed

    def seek(self, position: Position) -> None:
        """Read next from this position."""
        self._reader.seek(position)

    def read(self, max_records: int = 1_000, max_bytes: int = 4_194_304) -> Sequence[Entry]:
        """Return what is durable from here on."""
        return self._reader.read(max_records, max_bytes)

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to read. [s]."""
        return await self._reader.wait(timeout_s)

    def commit(self, position: Position) -> None:
        """Record that everything before the position is done with.

        Raises
        ------
        OSError
            When it is not sure whose the partition is: try again, or be told that it is lost.
        """
        if not self._is_sure():
            raise OSError("the lease of this partition was not renewed in time")
        self._reader.commit(position)

    @property
    def backlog_bytes(self) -> int:
        """Bytes between the reading position and the durable end. [byte]."""
        return self._reader.backlog_bytes

    @property
    def unheard_s(self) -> float:
        """For how long nobody said where the durable end is. [s]."""
        return self._reader.unheard_s

    def close(self) -> None:
        """Release files; the committed position stays."""
        self._reader.close()
