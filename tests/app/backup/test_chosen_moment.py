"""A register goes back to a chosen moment with the lines of the guide, and the platform goes on with it."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import NullPool, create_engine, select, text

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import revisions, upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.tables import Centre
from tests.faults.setup import Postgres
from tests.services.finding import need
from tests.services.postgres import _account, find_postgres
from tests.services.process import HOST

_GUIDE = (Path(__file__).parents[3] / "docs" / "city.md").read_text("utf-8")
_KEEPING, _GOING_BACK = re.findall(r"```ini\n(.*?)```", _GUIDE, re.DOTALL)


class Kept:
    """A server with its archive and one copy of its files."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.archive, self.copies = folder / "archive", folder / "copies"
        for one in (self.archive, self.copies, folder / "postgres"):
            one.mkdir()
            if user := _account():
                shutil.chown(one, user)
        self.data = folder / "postgres" / "data"
        self.server = Postgres(folder / "postgres")
        self.set(_KEEPING)
        self.server.start()

    @property
    def url(self) -> str:
        """The register."""
        return self.server.url(self.server.port)

    def set(self, lines: str) -> None:
        """Add lines of the guide to the server's settings, its folders in their places."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(lines.replace("/archive/", f"{self.archive}/"))

    def copy(self) -> None:
        """Copy the server's files as the guide says, while it is at work."""
        (line,) = re.findall(r"^pg_basebackup (.*?)\s+#", _GUIDE, re.MULTILINE)
        words = line.replace("-h postgres", f"-h {HOST} -p {self.server.port}").split()
        words[words.index("-D") + 1] = str(self.copies / "first")
        program = need(find_postgres(), "PostgreSQL").parent / "pg_basebackup"
        environment = {"PGPASSWORD": self.server._password}
        subprocess.run([program, *words], check=True, capture_output=True, user=_account(), env=environment)

    def moment(self) -> str:
        """Return now, as the server has it."""
        said = self.say("SELECT clock_timestamp()")
        time.sleep(0.05)  # what comes next comes after it
        return said

    def say(self, sql: str) -> str:
        """Ask the server something."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            return str(connection.scalar(text(sql)))

    def archived(self) -> None:
        """Wait until all that was written until now lies in the archive."""
        self.say("SELECT pg_switch_wal()")
        wanted = self.say("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
        for _ in range(600):
            if (self.archive / wanted).exists():
                return
            time.sleep(0.05)
        raise AssertionError(f"{wanted} does not come into the archive")

    def go_back(self, moment: str) -> None:
        """Put the copy in place, and start the server up to a moment."""
        self.server.process.stop()
        shutil.rmtree(self.data)
        (self.copies / "first").rename(self.data)
        self.set(re.sub(r"(recovery_target_time = )'.*'", rf"\1'{moment}'", _GOING_BACK))
        (self.data / "recovery.signal").touch()
        self.server.start()
        for _ in range(600):
            if self.say("SELECT pg_is_in_recovery()") == "False":
                return
            time.sleep(0.05)
        raise AssertionError("it does not end its recovery")


@pytest.fixture
def kept() -> Iterator[Kept]:
    with TemporaryDirectory(prefix="anhu-moment-", ignore_cleanup_errors=True) as folder:  # its user must come in
        made = Kept(Path(folder))
        yield made
        made.server.process.kill()


def _found(url: str, name: str) -> None:
    sessions = open_sessions(url)
    with sessions.begin() as session:
        create_centre(session, name=name, centre_id=name)
    close_sessions(sessions)


def _names(url: str) -> list[str]:
    sessions = open_sessions(url)
    with sessions.begin() as session:
        found = [*session.scalars(select(Centre.id).order_by(Centre.id))]
    close_sessions(sessions)
    return found


def test_what_was_written_by_then_is_there_and_nothing_later(kept: Kept) -> None:
    upgrade(kept.url)
    _found(kept.url, "before-the-copy")
    kept.copy()
    _found(kept.url, "since-the-copy")
    moment = kept.moment()
    _found(kept.url, "too-late")
    kept.archived()
    kept.go_back(moment)
    assert _names(kept.url) == ["before-the-copy", "since-the-copy"]
    has, wanted = revisions(kept.url)
    assert has == wanted
    _found(kept.url, "goes-on")
    assert "goes-on" in _names(kept.url)
