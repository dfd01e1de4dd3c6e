"""How far each consumer has come: one small file each, two slots written in turn, one flush a commit.

A crash while one slot is written leaves the other. Deleting a consumer's file makes the log forget that consumer.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

from anhu.contract.identity import checked_id
from anhu.log.embedded import disk
from anhu.log.port import Position

_SLOT = struct.Struct("<QQI")
_SLOT_GAP_BYTES = 4_096  # a slot never shares a disk sector with the other


def _folder(log_folder: Path) -> Path:
    return log_folder / "consumers"


def _slots(fd: int) -> list[tuple[int, Position]]:
    found = []
    for slot in (0, 1):
        raw = os.pread(fd, _SLOT.size, slot * _SLOT_GAP_BYTES)
        if len(raw) == _SLOT.size:
            turn, position, check = _SLOT.unpack(raw)
            if turn and check == zlib.crc32(raw[:-4]):
                found.append((turn, position))
    return found


class ConsumerPosition:
    """One consumer's committed position. Opening it registers the consumer."""

    def __init__(self, log_folder: Path, consumer: str) -> None:
        folder = _folder(log_folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / checked_id(consumer, field="consumer")
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        disk.sync_folder(folder)
        self._turn, self.committed = max(_slots(self._fd), default=(0, 0))

    def commit(self, position: Position) -> None:
        """Put a position on disk. Raises OSError when the disk refuses: the old position stands."""
        turn = self._turn + 1
        head = struct.pack("<QQ", turn, position)
        disk.write_all(self._fd, head + struct.pack("<I", zlib.crc32(head)), (turn % 2) * _SLOT_GAP_BYTES)
        disk.sync_data(self._fd)
        self._turn, self.committed = turn, position

    def close(self) -> None:
        """Close the file; the position stays."""
        os.close(self._fd)


def committed(log_folder: Path) -> list[Position]:
    """Return the committed positions of all registered consumers."""
    positions = []
    for path in _folder(log_folder).iterdir() if _folder(log_folder).is_dir() else ():
        fd = os.open(path, os.O_RDONLY)
        try:
            positions.append(max(_slots(fd), default=(0, 0))[1])
        finally:
            os.close(fd)
    return positions
