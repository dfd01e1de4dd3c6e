"""Makes a backup: the register first, then the LOG, then what was written by it.

The engine's position lies in the register. A LOG that is copied later reaches at least as far, so that what is restored
reads on from there and misses nothing; what it reads twice it finds twice, which is harmless.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from anhu import __version__
from anhu.contract.clock import Clock
from anhu.registry.database import database_url
from anhu.registry.migrations import revisions
from app.backup import keys, manifest, postgres
from app.backup.copying import copy_plain, copy_sqlite, files_of, is_sqlite
from app.backup.errors import BackupError
from app.backup.last import note_backup
from app.backup.manifest import Kept, Manifest
from app.settings import Settings

Say = Callable[[str], None]
DATA, DUMP = "data", "database.dump"
_ROOM = 1.1
_NICE = 10


def make_backup(settings: Settings, folder: Path, clock: Clock, *, passphrase: str, say: Say) -> Manifest:
    """Copy everything into an empty folder and return what is there. Raises `BackupError`."""
    _check_place(settings, folder)
    if sys.platform == "linux":
        os.nice(_NICE)  # alarms go before it
    present, newest = revisions(settings.database)
    if present != newest:
        raise BackupError(
            f"the database has form {present or 'none'}, this version wants {newest}: start `anhu up` once"
        )
    made_at_ms = clock.now_ms()
    kept, left_out = [], _left_out(settings)
    if _is_postgres(settings):
        say("the register, by pg_dump")
        postgres.dump(settings.database, folder / DUMP)
        kept.append(manifest.kept_file(folder, folder / DUMP))
    kept += _copied_files(settings, folder, left_out, say)
    if passphrase:
        keys.seal(settings.data, passphrase, folder / keys.NAME)
        kept.append(manifest.kept_file(folder, folder / keys.NAME))
    elif any(keys.key_files(settings.data)):
        left_out["keys"] = "identity.key and channels/: keep a copy of them apart; without them nothing sealed opens"
    whole = Manifest(
        made_at_ms=made_at_ms,
        version=__version__,
        database="postgresql" if _is_postgres(settings) else "sqlite",
        revision=present,
        settings=sorted(settings.environment()),
        left_out=left_out,
        files=tuple(kept),
    )
    manifest.write(folder, whole)
    note_backup(settings.data, folder, whole)
    return whole


def _check_place(settings: Settings, folder: Path) -> None:
    if not settings.data.is_dir():
        raise BackupError(f"{settings.data} does not exist: there is nothing to back up; pass --data")
    if folder.resolve().is_relative_to(settings.data.resolve()):
        raise BackupError("a backup does not belong in the data folder: what takes one takes the other")
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: a backup goes into a folder of its own")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = sum(path.stat().st_size for path in files_of(settings.data)) * _ROOM
    if (free := shutil.disk_usage(folder).free) < wanted:
        raise BackupError(f"{folder}: {free >> 20} MiB free, {int(wanted) >> 20} needed")


def _copied_files(settings: Settings, folder: Path, left_out: dict[str, str], say: Say) -> list[Kept]:
    files = list(files_of(settings.data))
    register = settings.data / "anhu.db"
    files.sort(key=lambda path: path != register)  # first of all; else their order stays
    kept = []
    for number, source in enumerate(files, start=1):
        path = source.relative_to(settings.data)
        target = folder / DATA / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        say(f"{number} of {len(files)}: {path.as_posix()}")
        if not source.exists() or not _copy(source, target):
            left_out[path.as_posix()] = "it was gone before its turn came"
            continue
        kept.append(manifest.kept_file(folder, target))
    return kept


def _copy(source: Path, target: Path) -> bool:
    if is_sqlite(source):
        copy_sqlite(source, target)
        return True
    return copy_plain(source, target)


def _is_postgres(settings: Settings) -> bool:
    return database_url(settings.database).get_backend_name() == "postgresql"


def _left_out(settings: Settings) -> dict[str, str]:
    """Return what lies elsewhere, and how it is kept."""
    left = {"settings": "the environment's variables: their names are here, their values are yours to keep"}
    if settings.store == "influxdb":
        left["readings"] = f"they are in InfluxDB ({settings.influxdb_url}): `influx backup` with its operator's token"
    if settings.database_url and not _is_postgres(settings):
        left["register"] = "it is a file outside of the data folder: back it up by its own means"
    return left
