"""The data folder: nobody else on the machine reads it, and no process of ours runs twice on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from anhu.contract.errors import AnhuError

_FOLDER, _FILE = 0o700, 0o600
_OTHERS = 0o077
_AGAIN_S = 0.1


class InUseError(AnhuError):
    """Another process holds this place in the data folder."""


def make_private(folder: Path) -> None:
    """Make the folder, if need be, and take it and all that is in it from group and others."""
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    for path in open_to_others(folder):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # just deleted; not ours to change
            path.chmod(_FOLDER if path.is_dir() else _FILE)


def open_to_others(folder: Path) -> Iterator[Path]:
    """Yield what group or others may read, write or enter; links lead elsewhere and are not followed."""
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & _OTHERS:
                yield path


def hold(folder: Path, name: str, *, wait_s: float = 0.0) -> TextIO:
    """Hold a name in the folder until the file is closed or this process ends, however it ends.

    Raises
    ------
    InUseError
        If another process holds it, after waiting so long. [s]
    """
    path = folder / f"{name.replace(' ', '-')}.lock"
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, _FILE), "r+")
    end_s = time.monotonic() + wait_s
    while not _locked(file):
        if time.monotonic() >= end_s:
            pid = file.read(20).strip() or "?"
            file.close()
            raise InUseError(
                f"`anhu {name}` runs already on {folder} (process {pid}); stop that one, or pass another --data"
            )
        time.sleep(_AGAIN_S)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
