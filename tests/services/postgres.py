"""A real PostgreSQL for one test run: started once, a fresh database for whoever asks."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, NullPool, create_engine, make_url, text

from tests.services.finding import ServiceMissingError, find, need
from tests.services.process import HOST, ServiceProcess, accepts, free_port, is_root

_VARIABLE = "ANHU_TEST_POSTGRES_URL"
_DRIVER = "postgresql+pg8000"


class PostgreSQL:
    """A running server.

    Parameters
    ----------
    admin : URL
        An account that may create databases, and a database to connect to meanwhile.
    """

    def __init__(self, admin: URL) -> None:
        self._admin = admin
        self._made: list[str] = []
        self._filled: dict[Callable[[str], None], str] = {}
        self._numbers = itertools.count(1)
        self._run = secrets.token_hex(4)

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL (driver pg8000)."""
        return self._url(self._created("template0"))

    def copy_of(self, fill: Callable[[str], None]) -> str:
        """Create a database like the one that `fill` fills the first time, and return its URL.

        Parameters
        ----------
        fill : callable
            Is given an empty database's URL, and leaves nobody connected to it.
        """
        if fill not in self._filled:
            name = self._created("template0")
            fill(self._url(name))
            self._filled[fill] = name
        return self._url(self._created(self._filled[fill]))

    def drop_all(self) -> None:
        """Drop what `new_database` made, whoever is still connected."""
        for name in self._made:
            self._say(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _created(self, template: str) -> str:
        name = f"anhu_{self._run}_{next(self._numbers)}"
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return name

    def _url(self, name: str) -> str:
        return self._admin.set(database=name).render_as_string(hide_password=False)

    def _say(self, sql: str) -> None:
        engine = create_engine(self._admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(sql))


@contextmanager
def postgres_server() -> Iterator[PostgreSQL]:
    """Use the server named in ANHU_TEST_POSTGRES_URL, or start one of our own and end it afterwards."""
    url = os.environ.get(_VARIABLE)
    if url is None:
        with _own_server() as server:
            yield server
        return
    server = PostgreSQL(make_url(url).set(drivername=_DRIVER))
    yield server
    server.drop_all()


def find_postgres() -> Path | None:
    """Return the server's program; its siblings stand in the same folder."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: int(f.parent.name), reverse=True)
    found = find("postgres", folders=tuple(map(str, versions)))
    return found.resolve() if found else None


@contextmanager
def _own_server() -> Iterator[PostgreSQL]:
    programs = need(find_postgres(), "PostgreSQL", variable=_VARIABLE).parent
    user = _account()
    folder = Path(tempfile.mkdtemp(prefix="anhu-postgres-"))
    password = secrets.token_hex(16)
    (folder / "password").write_text(password, "utf-8")
    if user:
        shutil.chown(folder, user)
        shutil.chown(folder / "password", user)
    port = free_port()
    process = ServiceProcess(
        [programs / "postgres", "-D", folder / "data", *_options(folder, port)],
        log=folder / "postgres.log",
        ready=lambda: accepts(port) and (folder / "data" / "postmaster.pid").read_text().count("ready") > 0,
        user=user,
        end_signal=signal.SIGINT,
    )
    try:
        _initdb(programs, folder, user)
        process.start()
        yield PostgreSQL(URL.create(_DRIVER, "anhu", password, HOST, port, "postgres"))
    finally:
        process.stop()
        shutil.rmtree(folder)


def _account() -> str | None:
    """Return whom to run the server as: it refuses to be root."""
    if not is_root():
        return None
    known = {line.split(":")[0] for line in Path("/etc/passwd").read_text("utf-8").splitlines()}
    return "postgres" if "postgres" in known else "nobody"


def _initdb(programs: Path, folder: Path, user: str | None) -> None:
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "anhu",
        "--pwfile",
        folder / "password",
    ]
    made = subprocess.run(
        [*command, "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"],
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd=folder,
    )
    if made.returncode:
        raise ServiceMissingError(f"PostgreSQL's initdb failed: {made.stderr or made.stdout}")


def _options(folder: Path, port: int) -> list[str]:
    # Nothing here outlives the run, so nothing is flushed to disk: tests of durability own their server.
    settings = {
        "listen_addresses": HOST,
        "unix_socket_directories": str(folder),
        "port": str(port),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
