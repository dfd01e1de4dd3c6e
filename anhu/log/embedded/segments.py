"""Segment files: named by the position they begin at and the time they were begun."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from anhu.log.embedded import entries as frames
from anhu.log.port import Position

_NAME = re.compile(r"(\d{20})-(\d{14})\.log")


class Segment(NamedTuple):
    """One file of the log.

    Attributes
    ----------
    base : int
        Position of its first byte.
    begun_ms : int
        When it was begun, UTC. [ms]
    """

    base: Position
    begun_ms: int
    path: Path


def segment(folder: Path, base: Position, begun_ms: int) -> Segment:
    """Name a segment."""
    return Segment(base, begun_ms, folder / f"{base:020d}-{begun_ms:014d}.log")


def segments(folder: Path) -> list[Segment]:
    """Return the segments of a folder, oldest first. Of two that begin alike, the newer file is the one in use."""
    by_base: dict[Position, Segment] = {}
    for path in sorted(folder.iterdir()):
        if parts := _NAME.fullmatch(path.name):
            found = Segment(int(parts[1]), int(parts[2]), path)
            by_base[found.base] = found
    return [by_base[base] for base in sorted(by_base)]


class Place(NamedTuple):
    """Where a position lies: in this segment, which counts up to this limit; the first one where it is gone."""

    segment: Segment
    limit: Position


def place_of(position: Position, known: Sequence[Segment], end: Position) -> Place:
    """Find the segment that holds a position, or the oldest kept one behind it."""
    i = max(bisect_right([s.base for s in known], position) - 1, 0)
    return Place(known[i], known[i + 1].base if i + 1 < len(known) else end)


def offset_of(fd: int, base: Position, position: Position) -> int:
    """Return the offset of the first frame at or after a position in an open segment; its length if there is none.

    Straight where nothing was taken out of the file; otherwise, and for a position inside a frame, by walking it.
    """
    if position <= base:
        return 0
    head = os.pread(fd, frames.HEAD_BYTES, position - base)
    if needed := frames.frame_bytes(head, 0):
        found, _ = frames.sound_run(os.pread(fd, needed, position - base), 0, low=position, limit=position + 1)
        if found:
            return position - base
    whole = os.pread(fd, os.fstat(fd).st_size, 0)
    offset = frames.next_sound(whole, 0, low=position)
    return len(whole) if offset is None else offset
