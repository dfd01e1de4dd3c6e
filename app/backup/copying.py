"""Copies files while they are in use: SQLite by its own online copy, others as far as they are long now."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from app.backup.errors import BackupError

_PART_BYTES = 1 << 20
_SQLITE = b"SQLite format 3\0"
_SIDES = ("-wal", "-shm", "-journal")
_PASSING = ("status", "channels")
"""``status``: what processes last said of themselves; ``channels``: keys, which go another way."""


def files_of(data: Path) -> Iterator[Path]:
    """Yield what is kept of a data folder, the LOG first: what its readers stand at goes before what they wrote."""
    found = [path for path in sorted(data.rglob("*")) if path.is_file() and _is_kept(path.relative_to(data))]
    yield from sorted(found, key=lambda path: _rank(path.relative_to(data)))


def _is_kept(path: Path) -> bool:
    keys = path.name.endswith(".key") or path.name.startswith("setup")
    return not (keys or path.parts[0] in _PASSING or path.name.endswith((".lock", *_SIDES)))


def _rank(path: Path) -> int:
    """Return when a file is copied: a position must never be ahead of what was written by it."""
    if path.parts[:2] == ("log", "consumers") or path.parts == ("log", "durable_end"):
        return 0
    return 1 if path.parts[0] == "log" else 2


def is_sqlite(path: Path) -> bool:
    """Tell whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database as it stands at one moment; who writes to it meanwhile waits not. Raises `BackupError`."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as opened,
            closing(sqlite3.connect(target)) as copy,
        ):
            opened.backup(copy)  # one step: in smaller ones every write begins it anew
            [(said,)] = copy.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        raise BackupError(f"{source}: {error}") from None
    if said != "ok":
        raise BackupError(f"{source} is broken: {said}")
    sync_file(target)


def copy_plain(source: Path, target: Path) -> bool:
    """Copy a file as long as it is now; return whether it was there still."""
    try:
        with source.open("rb") as opened, target.open("wb") as copy:
            left = os.fstat(opened.fileno()).st_size
            while left > 0 and (part := opened.read(min(_PART_BYTES, left))):
                copy.write(part)
                left -= len(part)
            copy.flush()
            os.fsync(copy.fileno())
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        return False
    return True


def sync_file(path: Path) -> None:
    """Let a file outlive a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
