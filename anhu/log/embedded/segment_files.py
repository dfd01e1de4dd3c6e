"""The segment files that there are, with their sizes and the durable end: kept by the writer, told to every reader."""

from __future__ import annotations

from pathlib import Path

from anhu.log.embedded.published import Published, PublishedEnd
from anhu.log.embedded.segments import Segment, segments
from anhu.log.port import Position


class SegmentFiles:
    """What the writer knows of its folder. Readers hear of it through `PublishedEnd`, always after the flush.

    Attributes
    ----------
    sizes : dict
        Segment -> bytes, the oldest first; the last one is being written.
    end : int
        Everything before this position is on disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sizes: dict[Segment, int] = {}
        self.end: Position = 0
        self._published = PublishedEnd(folder)
        self._generation = self._published.ask().generation + 1

    @property
    def active(self) -> Segment:
        """The segment that is being written."""
        return next(reversed(self.sizes))

    @property
    def stored_bytes(self) -> int:
        """Size of all segments. [byte]."""
        return sum(self.sizes.values())

    def grow(self, end: Position) -> None:
        """Take that the active segment is on disk up to a position."""
        self.end = end
        self.sizes[self.active] = end - self.active.base
        self._tell()

    def look_again(self) -> None:
        """Look at the folder again, since a file was added, replaced or removed, and have the readers do so."""
        self.sizes = {s: s.path.stat().st_size for s in segments(self.folder)}
        self._generation += 1
        self._tell()

    def close(self) -> None:
        """Let go of what is shared with the readers."""
        self._published.close()

    def _tell(self) -> None:
        self._published.tell(Published(self.end, self._generation))
