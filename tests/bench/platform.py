"""The platform under measurement: a whole installation, its processes by stage, and how far its readers are."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from anhu.log.embedded import consumers
from anhu.log.embedded.published import PublishedEnd
from anhu.registry.migrations import upgrade
from app.settings import Settings
from simulators.credential import Credential
from tests.bench.enrolment import enrol_many
from tests.bench.usage import command, descendants
from tests.smoke.installation import Installation

CENTRE = "c-1"
_LOOK_S = 0.02


class Platform(Installation):
    """An installation with one community centre and many residents, each with one wearable."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, **settings)
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation compiles its modules once

    def enrol(self, count: int) -> Sequence[Credential]:
        """Enrol residents with their devices before the start."""
        settings = Settings(data=self.data)
        self.data.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database)
        self.admin("create-centre", id=CENTRE, name="幸福里")
        return enrol_many(settings, count, prefix="dev", centre=CENTRE)

    def stages(self) -> dict[str, list[int]]:
        """Return the process ids of each part; ``anhu up`` itself is ``supervisor``."""
        assert self._process is not None
        found: dict[str, list[int]] = {}
        for pid in descendants(self._process.pid):
            words = command(pid)
            name = words[words.index("run") + 1] if "run" in words else "supervisor"
            found.setdefault(name, []).append(pid)
        return found

    def backlog_bytes(self) -> dict[str, int]:
        """Return how many bytes of the LOG each reader has not committed. [byte]."""
        end = PublishedEnd(self.data / "log").ask().end
        return {"ingest": end - self._ingest_position(), "alerts": end - self._alerts_position()}

    def catch_up(self, within_s: float) -> float:
        """Wait until both readers have committed everything; return how long that took. [s]."""
        start_s = time.monotonic()
        while any(left > 0 for left in self.backlog_bytes().values()):
            if time.monotonic() - start_s > within_s:
                raise TimeoutError(
                    f"the readers did not catch up in {within_s} s: {self.backlog_bytes()}\n{self.log()}"
                )
            time.sleep(_LOOK_S)
        return time.monotonic() - start_s

    def _ingest_position(self) -> int:
        file = self.data / "log" / "consumers" / "ingest"
        fd = os.open(file, os.O_RDONLY)
        try:
            return max(consumers._slots(fd), default=(0, 0))[1]
        finally:
            os.close(fd)

    def _alerts_position(self) -> int:
        with closing(sqlite3.connect(self.data / "anhu.db")) as connection:
            row = connection.execute("SELECT position FROM consumer_state WHERE consumer = 'alerts'").fetchone()
        return row[0] if row else 0


@contextmanager
def running(folder: Path, count: int, **settings: str) -> Iterator[tuple[Platform, Sequence[Credential]]]:
    """Start a platform with so many residents, and stop it afterwards."""
    platform = Platform(folder, **settings)
    who = platform.enrol(count)
    platform.start()
    try:
        yield platform, who
    finally:
        platform.stop()
