"""Which backup was the last: noted in the data folder, so that the doctor can say how old it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from app.backup.manifest import Manifest

_NOTE = "last-backup.json"


class LastBackup(NamedTuple):
    """When, and where. [ms]."""

    made_at_ms: int
    folder: str


def note_backup(data: Path, folder: Path, manifest: Manifest) -> None:
    """Note a backup that is whole."""
    note = LastBackup(manifest.made_at_ms, str(folder.absolute()))
    unfinished = data / f"{_NOTE}.unfinished"
    unfinished.write_text(json.dumps(note._asdict()), "utf-8")
    unfinished.replace(data / _NOTE)


def last_backup(data: Path) -> LastBackup | None:
    """Return the last whole backup; None: there was none, or the note cannot be read."""
    try:
        return LastBackup(**json.loads((data / _NOTE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
