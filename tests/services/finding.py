"""Where a service's program is looked for: the PATH, the system's folders, this project's cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/usr/local/bin", "/usr/bin")


class ServiceMissingError(RuntimeError):
    """A real service that the tests need is not here; the text says what to do."""


def cache_folder() -> Path:
    """Return the folder, outside the repository, for programs that are built once a machine."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "anhu"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find(*names: str, folders: tuple[str, ...] = ()) -> Path | None:
    """Return the first program of that name on PATH, in `folders` or in the system's folders."""
    search = os.pathsep.join([os.environ.get("PATH", ""), *folders, *_SYSTEM_FOLDERS])
    for name in names:
        if found := shutil.which(name, path=search):
            return Path(found)
    return None


def need(program: Path | None, what: str, *, variable: str = "") -> Path:
    """Return the program, or raise `ServiceMissingError` that says how to get it."""
    if program is not None:
        return program
    otherwise = f", or name a running one in {variable}" if variable else ""
    raise ServiceMissingError(f"{what} is not installed: run `make services`{otherwise}")
