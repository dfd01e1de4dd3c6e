"""A tiny PMTiles file, written here: one tile of the whole world with one square of land in it."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path

_EXTENT = 4096


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _zigzag(value: int) -> int:
    return value << 1 ^ value >> 31


def _square(low: int, high: int) -> bytes:
    side = high - low
    path = [9, _zigzag(low), _zigzag(low), 26]
    path += [_zigzag(one) for one in (side, 0, 0, side, -side, 0)]
    geometry = b"".join(map(_varint, [*path, 15]))
    return _number(3, 3) + _field(4, geometry)


def _tile() -> bytes:
    layer = _number(15, 2) + _field(1, b"earth") + _field(2, _square(0, _EXTENT)) + _number(5, _EXTENT)
    return gzip.compress(_field(3, layer))


def _directory(entries: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Return a directory of (tile, length, run, offset)."""
    out = _varint(len(entries))
    before = 0
    for tile, *_ in entries:
        out += _varint(tile - before)
        before = tile
    for run in (one[2] for one in entries):
        out += _varint(run)
    for length in (one[1] for one in entries):
        out += _varint(length)
    for offset in (one[3] for one in entries):
        out += _varint(offset + 1)
    return gzip.compress(out)


def write_map(path: Path) -> Path:
    """Write the file; the library magnifies its one tile to any zoom."""
    tile, metadata = _tile(), gzip.compress(b"{}")
    root = _directory([(0, len(tile), 1, 0)])
    root_at = 127
    metadata_at = root_at + len(root)
    data_at = metadata_at + len(metadata)
    header = b"PMTiles\x03" + struct.pack(
        "<11Q", root_at, len(root), metadata_at, len(metadata), data_at, 0, data_at, len(tile), 1, 1, 1
    )
    header += struct.pack("<6B", 1, 2, 2, 1, 0, 0)
    header += struct.pack("<4i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000)
    header += struct.pack("<B2i", 0, 0, 0)
    path.write_bytes(header + root + metadata + tile)
    return path
