"""A writer beside the process ingest, a replay, whose numbers become newest values too."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.newest_values import NewestValues, accepted
from ingest.store.counties.stores import WritingStore
from ingest.store.port import PlatformRow, Stored, WriteResult


class WriterWithNewest:
    """A writer as the one behind it; what it took is in the table of newest values when it is closed."""

    def __init__(self, writer: WritingStore, newest: NewestValues) -> None:
        self._writer, self._newest = writer, newest

    def write(self, readings: Sequence[Stored]) -> WriteResult:
        """Write a batch."""
        result = self._writer.write(readings)
        if result.retry_after_s is None:
            self._newest.hear(accepted(readings, result))
        return result

    def write_platform(self, rows: Sequence[PlatformRow]) -> None:
        """Write health rows, best effort."""
        self._writer.write_platform(rows)

    def prune(self, *, points_before_ms: int, waveforms_before_ms: int) -> int:
        """Delete what is older; return how much. [ms]."""
        return self._writer.prune(points_before_ms=points_before_ms, waveforms_before_ms=waveforms_before_ms)

    def erase(self, resident_id: str) -> None:
        """Delete everything of a resident."""
        self._writer.erase(resident_id)

    def close(self) -> None:
        """Write newest values down and close. Raises SQLAlchemyError when their table cannot be used."""
        self._newest.write()
        self._writer.close()
