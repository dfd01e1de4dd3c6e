"""A disk of a folder's own that can be filled up. Only root may mount one; for others the folder stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_SIZE_KB = 2_097_152
_LEFT_KB = 32


class SmallDisk:
    """What is mounted on a folder.

    Parameters
    ----------
    folder : Path
        Where.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Leave no room: whatever wants to grow is refused."""
        room = os.statvfs(self._folder)
        used_kb = (room.f_blocks - room.f_bfree) * room.f_frsize // 1_024
        _mount("-o", f"remount,size={used_kb + _LEFT_KB}k", str(self._folder))

    def free(self) -> None:
        """Make room again."""
        _mount("-o", f"remount,size={_SIZE_KB}k", str(self._folder))


@cache
def can_mount() -> bool:
    """Tell whether we may mount."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), mounted=True) as disk:
                disk.fill()
        except subprocess.CalledProcessError:
            return False
    return True


@contextmanager
def small_disk(folder: Path, *, mounted: bool | None = None) -> Iterator[SmallDisk]:
    """Mount a disk on an empty folder where we may, and take it away afterwards."""
    if not (can_mount() if mounted is None else mounted):
        yield SmallDisk(folder)
        return
    owner = folder.stat()
    _mount("-t", "tmpfs", "-o", f"size={_SIZE_KB}k,mode=0755", "tmpfs", str(folder))
    os.chown(folder, owner.st_uid, owner.st_gid)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
