"""Brings a backup back: into an empty place, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import inspect

from anhu.registry.database import database_url, open_engine
from anhu.registry.migrations import revisions
from app.backup import keys, manifest, postgres
from app.backup.copying import sync_file
from app.backup.errors import BackupError
from app.backup.making import DATA, DUMP, Say
from app.backup.manifest import Manifest
from app.settings import Settings


def restore_backup(settings: Settings, folder: Path, *, passphrase: str, say: Say) -> Manifest:
    """Bring a backup back and return what it held. Raises `BackupError`; then the place is as it was."""
    say("reading the backup")
    whole = manifest.check(folder)
    _check_fits(settings, whole)
    has_keys = any(one.path == keys.NAME for one in whole.files)
    if has_keys and not passphrase:
        raise BackupError("the backup's keys are sealed: pass --passphrase-file")
    unfinished = settings.data.absolute().with_name(f"{settings.data.absolute().name}.unfinished")
    if unfinished.exists():
        raise BackupError(f"{unfinished} is in the way: a restoration that did not end left it; delete it")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        _put(folder, whole, unfinished, say)
        if has_keys:
            keys.unseal(folder / keys.NAME, passphrase, unfinished)
        if whole.database == "postgresql":
            say("the register, by pg_restore")
            postgres.load(settings.database, folder / DUMP)
        if settings.data.exists():
            settings.data.rmdir()
        unfinished.replace(settings.data.absolute())
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    manifest.sync_folder(settings.data.absolute().parent)
    return whole


def _put(folder: Path, whole: Manifest, target: Path, say: Say) -> None:
    inside = [one.path for one in whole.files if one.path.startswith(f"{DATA}/")]
    for number, path in enumerate(inside, start=1):
        say(f"{number} of {len(inside)}: {path.removeprefix(f'{DATA}/')}")
        to = target / path.removeprefix(f"{DATA}/")
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(folder / path, to)
        to.chmod(0o600)
        sync_file(to)


def _check_fits(settings: Settings, whole: Manifest) -> None:
    kind = database_url(settings.database).get_backend_name()
    if kind != whole.database:
        raise BackupError(f"the backup is of {whole.database}, ANHU_DATABASE_URL names {kind}")
    if settings.data.exists() and any(settings.data.iterdir()):
        raise BackupError(f"{settings.data} is not empty: a backup is restored where nothing is, never over something")
    if settings.data.resolve() == Path.cwd().resolve():
        raise BackupError("the data folder is the present one: go elsewhere, it is put there as a whole")
    if kind == "postgresql":
        _check_empty(settings.database)


def _check_empty(url: str) -> None:
    engine = open_engine(url)
    try:
        tables = inspect(engine).get_table_names()
    finally:
        engine.dispose()
    if tables:
        raise BackupError(f"the database is not empty ({', '.join(sorted(tables)[:3])}, …): make a new one for it")


def is_newest(settings: Settings) -> bool:
    """Tell whether the restored register has this version's form; else `anhu up` brings it there."""
    present, newest = revisions(settings.database)
    return present == newest
