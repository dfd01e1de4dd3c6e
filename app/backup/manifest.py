"""What a backup holds, each file with its size and SHA-256: written last, so that without it there is no backup."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.backup.errors import BackupError

NAME = "manifest.json"
_FORM = 1
_PART_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file of a backup. [byte]."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole backup.

    Attributes
    ----------
    made_at_ms : int
        When its database was read: what came later is in its LOG at most. [ms]
    database : str
        ``sqlite`` or ``postgresql``.
    revision : str
        The database's form.
    settings : sequence of str
        Variables that were set; their values are not kept.
    left_out : mapping
        What is not in it, and where it is kept or how to get it.
    """

    made_at_ms: int
    version: str
    database: str
    revision: str
    settings: Sequence[str]
    left_out: Mapping[str, str]
    files: Sequence[Kept]
    form: int = field(default=_FORM)

    @property
    def size(self) -> int:
        """All files together. [byte]."""
        return sum(one.size for one in self.files)


def write(folder: Path, manifest: Manifest) -> None:
    """Make a folder a backup: from now on it is called one."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    unfinished = folder / f"{NAME}.unfinished"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / NAME)
    sync_folder(folder)


def read(folder: Path) -> Manifest:
    """Return what a backup says that it holds. Raises `BackupError`."""
    try:
        said = json.loads((folder / NAME).read_text("utf-8"))
        if said["form"] != _FORM:
            raise BackupError(f"{folder} was made by another version ({said['version']}); restore it with that one")
        files = tuple(Kept(**one) for one in said.pop("files"))
        return Manifest(files=files, **said)
    except FileNotFoundError:
        raise BackupError(
            f"{folder} is no backup: it has no {NAME}; it was not finished, or is another folder"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise BackupError(f"{folder}: its {NAME} cannot be read") from None


def check(folder: Path) -> Manifest:
    """Read every file of a backup and compare; return what it holds. Raises `BackupError` that names what is wrong."""
    manifest = read(folder)
    wrong = list(_wrong(folder, manifest))
    if wrong:
        shown = "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > len(wrong[:5]) else "")
        raise BackupError(f"{folder} is not whole: {shown}")
    return manifest


def kept_file(folder: Path, path: Path) -> Kept:
    """Return what the manifest says of a file that was just written: what is on disk, read back."""
    return Kept(path=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256=_digest(path))


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _wrong(folder: Path, manifest: Manifest) -> Iterator[str]:
    for one in manifest.files:
        path = folder / one.path
        if not path.resolve().is_relative_to(folder.resolve()):
            yield f"{one.path} leads out of it"
        elif not path.is_file():
            yield f"{one.path} is missing"
        elif path.stat().st_size != one.size or _digest(path) != one.sha256:
            yield f"{one.path} was changed"


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            digest.update(part)
    return digest.hexdigest()
