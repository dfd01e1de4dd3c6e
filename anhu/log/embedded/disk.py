"""Putting things on disk so that they are still there after the power went."""

from __future__ import annotations

import os
from pathlib import Path


def sync_data(fd: int) -> None:
    """Bring a file's bytes, and what is needed to find them, to the disk."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk: without it a new or renamed file may be gone after a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes, offset: int) -> None:
    """Write every byte at an offset; a short write is continued until the disk refuses."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def write_file(path: Path, data: bytes) -> None:
    """Put a whole file in place at once: after a crash there is the old one or the new one, never half of one."""
    fresh = path.with_name(path.name + ".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        write_all(fd, data, 0)
        sync_data(fd)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    fresh.replace(path)
    sync_folder(path.parent)
