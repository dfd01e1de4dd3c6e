"""The durable end of the log, told to readers in any process through a few shared bytes.

The file is never trusted over a restart: the writer recomputes it when it opens the log. A reader that catches the
bytes half written sees it by their check word and takes the last good ones.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import NamedTuple

from anhu.log.port import Position

_LAYOUT = struct.Struct("<QQQ")
_FILE_BYTES = 64
_CHECK = 0x414E_4855_4C4F_4731
_TRIES = 16


class Published(NamedTuple):
    """What readers may rely on.

    Attributes
    ----------
    end : int
        Everything before this position is on disk.
    generation : int
        Grows whenever a segment file is added, replaced or removed: look at the folder again.
    """

    end: Position
    generation: int


class PublishedEnd:
    """The shared bytes, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        fd = os.open(folder / "durable_end", os.O_RDWR | os.O_CREAT, 0o640)
        try:
            if os.fstat(fd).st_size < _FILE_BYTES:
                os.ftruncate(fd, _FILE_BYTES)
            self._map = mmap.mmap(fd, _FILE_BYTES)
        finally:
            os.close(fd)
        self._last = Published(0, 0)

    def tell(self, now: Published) -> None:
        """Let readers see a new end; the writer's call."""
        _LAYOUT.pack_into(self._map, 0, now.end, now.generation, now.end ^ now.generation ^ _CHECK)

    def ask(self) -> Published:
        """Return the newest end that can be read whole."""
        for _ in range(_TRIES):
            end, generation, check = _LAYOUT.unpack_from(self._map, 0)
            if check == end ^ generation ^ _CHECK:
                self._last = Published(end, generation)
                break
        return self._last

    def close(self) -> None:
        """Unmap."""
        self._map.close()
