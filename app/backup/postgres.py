"""PostgreSQL's own programs copy its database as it stands at one moment, and bring it back whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from anhu.registry.database import database_url
from app.backup.errors import BackupError

_MOST_SAID = 600


def dump(url: str, target: Path) -> None:
    """Write the database into a file, compressed. Raises `BackupError`."""
    _run("pg_dump", url, ["--format=custom", "--no-owner", "--lock-wait-timeout=60s", f"--file={target}"])


def load(url: str, source: Path) -> None:
    """Bring a database back into an empty one, in one transaction. Raises `BackupError`."""
    _run("pg_restore", url, ["--no-owner", "--exit-on-error", "--single-transaction", str(source)])


def _run(name: str, text: str, more: list[str]) -> None:
    url = database_url(text)
    program = _program(name)
    command = [program, f"--dbname={url.database}", f"--host={url.host or 'localhost'}", f"--port={url.port or 5432}"]
    command += [f"--username={url.username}"] if url.username else []
    command += ["--no-password", *more]
    done = subprocess.run(command, env=_environment(url), capture_output=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.decode('utf-8', 'replace').strip()[-_MOST_SAID:]}")


def _environment(url: URL) -> dict[str, str]:
    """Return the environment with the password: on a command line everybody on the machine could read it."""
    password = {} if url.password is None else {"PGPASSWORD": url.password}
    return {**os.environ, **password, "PGCONNECT_TIMEOUT": "15"}


def _program(name: str) -> str:
    """Return the newest of a name: an older one refuses a newer server."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: _number(one.parent.name), reverse=True)
    found = next((str(one / name) for one in folders if (one / name).exists()), None) or shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not here: install PostgreSQL's client programs (Debian: postgresql-client)")
    return found


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
