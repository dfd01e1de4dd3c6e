"""The keys of an installation: sealed with a passphrase, or not in the backup at all, which is then said."""

from __future__ import annotations

import hashlib
import io
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path

from anhu.registry.sealing import Sealing, WrongKeyError
from app.backup.copying import sync_file
from app.backup.errors import BackupError

NAME = "keys.sealed"
_SALT_BYTES = 16
_SHORTEST = 12
_MOST_BYTES = 16 << 20


def key_files(data: Path) -> Iterator[Path]:
    """Yield what opens or signs something: `identity.key`, the keys of channels."""
    yield from sorted(data.glob("*.key"))
    yield from sorted(path for path in (data / "channels").rglob("*") if path.is_file())


def seal(data: Path, passphrase: str, target: Path) -> None:
    """Write the keys, sealed. Raises `BackupError`."""
    if len(passphrase) < _SHORTEST:
        raise BackupError(f"the passphrase of the keys needs {_SHORTEST} characters")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in key_files(data):
            tar.add(path, path.relative_to(data).as_posix(), recursive=False)
    if len(packed.getbuffer()) > _MOST_BYTES:
        raise BackupError("the folder channels holds more than keys")
    salt = secrets.token_bytes(_SALT_BYTES)
    target.write_bytes(salt + _sealing(passphrase, salt).seal(packed.getvalue(), "keys"))
    sync_file(target)


def unseal(source: Path, passphrase: str, data: Path) -> None:
    """Put the keys back where they were. Raises `BackupError`."""
    sealed = source.read_bytes()
    try:
        packed = _sealing(passphrase, sealed[:_SALT_BYTES]).open(sealed[_SALT_BYTES:], "keys", "the keys")
    except WrongKeyError:
        raise BackupError("that is not the passphrase of the backup's keys") from None
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(data, filter="data")
    for path in key_files(data):
        path.chmod(0o600)


def _sealing(passphrase: str, salt: bytes) -> Sealing:
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=64 << 20, dklen=32)
    return Sealing(key, b"backup")
