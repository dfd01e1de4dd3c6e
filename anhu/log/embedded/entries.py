"""How a record lies in a segment file: a 20-byte head (mark, length, check sum, position), then the record.

The head names the frame's own position, so that a file from which records were taken out can still be read, and
the check sum (CRC-32) is over that position and the record, so that an old frame is never taken for a new one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from anhu.log.port import Entry, Position

_HEAD = struct.Struct("<4sIIQ")
_MARK = b"\xa5AnH"
_POSITION_AT = 12
HEAD_BYTES = _HEAD.size
MAX_RECORD_BYTES = 16 * 1_048_576
NO_LIMIT: Position = 2**64


def pack(records: Iterable[bytes], position: Position) -> bytes:
    """Return the frames of records that follow each other from a position on."""
    parts: list[bytes] = []
    head, crc = _HEAD.pack, zlib.crc32
    for record in records:
        length, check = len(record), crc(record, crc(position.to_bytes(8, "little")))
        parts.append(head(_MARK, length, check, position))
        parts.append(record)
        position += HEAD_BYTES + length
    return b"".join(parts)


def repack(entries: Iterable[Entry]) -> bytes:
    """Return the frames of entries, each with the position it always had."""
    return b"".join(pack((e.record,), e.next_position - len(e.record) - HEAD_BYTES) for e in entries)


def frame_bytes(chunk: bytes, offset: int) -> int | None:
    """Return what the head at an offset says of its frame's whole length; None when it is no head. [byte]."""
    if len(chunk) - offset < HEAD_BYTES:
        return None
    mark, length, _, _ = _HEAD.unpack_from(chunk, offset)
    return HEAD_BYTES + length if mark == _MARK and length <= MAX_RECORD_BYTES else None


def sound_run(
    chunk: bytes, offset: int, *, low: Position, limit: Position = NO_LIMIT, max_records: int = 2**31
) -> tuple[list[Entry], int]:
    """Return the entries of the sound frames that follow each other from an offset on, and the offset behind them.

    Stops before the first frame that is cut off, damaged, or whose position is below `low` (or below the frame
    before it) or not below `limit`.
    """
    unpack, crc, view = _HEAD.unpack_from, zlib.crc32, memoryview(chunk)
    out: list[Entry] = []
    size = len(chunk)
    while size - offset >= HEAD_BYTES and len(out) < max_records:
        mark, length, check, position = unpack(chunk, offset)
        end = offset + HEAD_BYTES + length
        if mark != _MARK or end > size or not low <= position < limit:
            break
        if crc(view[offset + _POSITION_AT : end]) != check:  # the position is the head's last part
            break
        low = position + HEAD_BYTES + length
        out.append(Entry(low, chunk[offset + HEAD_BYTES : end]))
        offset = end
    return out, offset


def next_sound(chunk: bytes, offset: int, *, low: Position, limit: Position = NO_LIMIT) -> int | None:
    """Return the offset of the first sound frame at or after an offset; None when there is none."""
    while (offset := chunk.find(_MARK, offset)) >= 0:
        if sound_run(chunk, offset, low=low, limit=limit, max_records=1)[0]:
            return offset
        offset += 1
    return None


def salvage(chunk: bytes, low: Position) -> tuple[list[Entry], int]:
    """Return every sound entry of a segment, stepping over damage, and the offset behind the last one."""
    out: list[Entry] = []
    end = 0
    start: int | None = 0
    while start is not None:
        found, behind = sound_run(chunk, start, low=low)
        if found:
            out += found
            low, end = found[-1].next_position, behind
        start = next_sound(chunk, behind + (0 if found else 1), low=low)
    return out, end


def position_at(chunk: bytes, offset: int) -> Position:
    """Return the position that the head at an offset names."""
    position: Position = _HEAD.unpack_from(chunk, offset)[3]
    return position
