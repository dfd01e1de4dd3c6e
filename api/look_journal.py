"""Who looked at whose data, on record without the database's one lock: in a file first, in the table within a second.

On SQLite everybody who writes waits for one lock, and an alarm must not wait for readers. So a look is a line of a
file before anything is shown; twice a second the lines are moved into the table ``audit``, a few at a time. How far is
in the transaction that moves them: a kill loses no line and doubles none. While the database takes none, lines
wait, up to a bound; beyond it nothing is shown.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import Counter as Counts
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import reading
from anhu.registry.tables import Audit, Counter
from api.errors import UnavailableError

_LOG = logging.getLogger(__name__)
_EVERY_S = 0.5
_MOST_BYTES = 64 * 1_048_576
_MOST_AT_ONCE = 200
_BREATH_S = 0.05
_MOVED = "looks"
"""Row of `Counter`: number of the file, and how many of its lines are in the table."""
_LINES = 1 << 24


class LookJournal:
    """A folder with the looks that are not in the table yet.

    Parameters
    ----------
    folder : Path
        Made if need be; one process has it.
    sessions : sessionmaker
        Of the platform's database.
    most_bytes : int
        How much may wait.
    steady_s : callable
        A time that only runs forward. [s]
    """

    def __init__(
        self,
        folder: Path,
        sessions: sessionmaker[Session],
        *,
        most_bytes: int = _MOST_BYTES,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._sessions = sessions
        self._most_bytes = most_bytes
        self._steady_s = steady_s
        self._writing, self._moving = threading.Lock(), threading.Lock()
        self._counts: Counts[str] = Counts()
        self._file, self._file_bytes = -1, 0
        self._waiting = sorted(path for path in folder.glob("*.jsonl") if path.stem.isdecimal())
        """Files that nobody writes to any more, the oldest first."""
        self._bytes = sum(path.stat().st_size for path in self._waiting)
        self._moved_s = steady_s()
        with reading(sessions)() as session:
            moved = session.scalar(select(Counter.value).where(Counter.name == _MOVED)) or 0
        self._number = max(moved // _LINES, *map(_number, self._waiting), 0)

    def counters(self) -> Mapping[str, float]:
        """Return what became of looks since the start, how many bytes wait, and for how long nothing was moved."""
        wait_s = self._steady_s() - self._moved_s if self._bytes else 0.0
        told = {f"looks_{name}": float(self._counts[name]) for name in ("moved", "refused", "torn")}
        return told | {"looks_waiting_bytes": float(self._bytes), "looks_wait_s": max(0.0, wait_s - _EVERY_S)}

    def write(self, row: Mapping[str, Any]) -> None:
        """Put a look on record. Raises `UnavailableError` when it cannot be: then nothing may be shown."""
        line = msgspec.json.encode(row) + b"\n"
        with self._writing:
            try:
                self._append(line)
            except OSError as error:
                self._counts["refused"] += 1
                _LOG.error("a look cannot be put on record, so nothing is shown: %s", error)
                raise UnavailableError("this look cannot be put on record now", retry_after_s=5) from error

    def _append(self, line: bytes) -> None:
        if self._bytes + len(line) > self._most_bytes:
            raise OSError(f"{self._bytes} bytes wait for the database")
        if self._file < 0:
            self._number += 1
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self._file_bytes = 0
        if os.write(self._file, line) != len(line):
            os.ftruncate(self._file, self._file_bytes)
            raise OSError("no room for a whole line")
        self._file_bytes += len(line)
        self._bytes += len(line)

    @property
    def _path(self) -> Path:
        """The file that is written to."""
        return self._folder / f"{self._number:010}.jsonl"

    async def run(self) -> None:
        """Move twice a second until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await asyncio.to_thread(self.move)

    def move(self) -> None:
        """Move what waits into the table; what cannot be moved now is moved later."""
        with self._moving:
            try:
                self._close()
                while self._waiting:
                    self._move(self._waiting[0])
                self._moved_s = self._steady_s()
            except (DBAPIError, OSError) as error:
                _LOG.warning("looks wait for the database: %s", error)

    def _close(self) -> None:
        """Begin another file; the disk has the last one when this returns."""
        with self._writing:
            file, path, self._file = self._file, self._path, -1
        if file >= 0:
            self._waiting.append(path)
            os.fsync(file)
            os.close(file)

    def _move(self, path: Path) -> None:
        size, rows, number = path.stat().st_size, self._rows(path), _number(path)
        done = self._move_part(number, rows)
        while done < len(rows):
            time.sleep(_BREATH_S)
            done = self._move_part(number, rows)
        path.unlink()
        self._waiting.pop(0)
        with self._writing:
            self._bytes -= size

    def _move_part(self, number: int, rows: list[dict[str, Any]]) -> int:
        """Move some rows of a file; return how many of it are in the table."""
        with self._sessions.begin() as session:
            counter = session.get(Counter, _MOVED)
            if counter is None:
                session.add(counter := Counter(name=_MOVED, value=0))
            last, done = divmod(counter.value, _LINES)
            if last > number:
                return len(rows)
            done = done if last == number else 0
            if part := rows[done : done + _MOST_AT_ONCE]:
                session.execute(insert(Audit), part)
            counter.value = number * _LINES + done + len(part)
        self._counts["moved"] += len(part)
        return done + len(part)

    def _rows(self, path: Path) -> list[dict[str, Any]]:
        rows = []
        for line in path.read_bytes().splitlines():
            try:
                rows.append(msgspec.json.decode(line, type=dict[str, Any]))
            except msgspec.DecodeError:  # the power went in the middle of it: nothing was shown for it
                self._counts["torn"] += 1
                _LOG.error("a look in %s is torn", path.name)
        return rows


def _number(path: Path) -> int:
    return int(path.stem)
