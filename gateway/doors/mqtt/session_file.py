"""Sessions of devices over an end of ours: one small SQLite file, written before whoever it concerns is answered.

What is written outlives the process however it ends. It is not forced to the disk each time, so after a fall of the
whole machine it may be older than the truth: then no message is taken for one that came before, it only gets its first
time.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import zlib
from pathlib import Path

from anhu.contract.clock import Clock
from gateway.doors.mqtt.kept_session import decoded, encoded, is_worth_it
from gateway.doors.mqtt.session import Key, Session

_logger = logging.getLogger(__name__)
_TABLE = """
CREATE TABLE IF NOT EXISTS session (
    device_id TEXT NOT NULL, client_id TEXT NOT NULL, kept BLOB NOT NULL, PRIMARY KEY (device_id, client_id)
) WITHOUT ROWID
"""
_AGAIN_S = 1.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PUT = "INSERT OR REPLACE INTO session VALUES (?, ?, ?)"
_DROP = "DELETE FROM session WHERE device_id = ? AND client_id = ?"


class SessionFile:
    """Writes the sessions that changed at the next turn of the loop, all of them in one go.

    Only what there is something to remember of stands here: commands it asked for, or QoS 2 messages not yet released.

    Parameters
    ----------
    file : Path, optional
        None keeps nothing.
    """

    def __init__(self, file: Path | None, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._connection: sqlite3.Connection | None = None
        self._changed: dict[Key, Session | None] = {}
        self._is_failing = False
        self._written: set[Key] = set()
        self.failed_writes = 0

    def open(self, now_s: float) -> list[Session]:
        """Return the sessions that have not expired; their clients are absent from now on. [s]."""
        if self._file is None:
            return []
        try:
            rows = self._read(self._file)
        except sqlite3.Error as error:
            _logger.error("the sessions of devices cannot be read, they begin anew: %s", error)  # noqa: TRY400
            self.failed_writes += 1
            self._file.unlink(missing_ok=True)
            rows = self._read(self._file)
        now_ms, is_true = self._clock.now_ms(), self._is_of_this_boot()
        sessions = [decoded((row[0], row[1]), row[2], now_s, now_ms) for row in rows]
        self._written = {one.key for one in sessions}
        for session in sessions:
            if not is_true:
                session.incoming.clear()
        for over in (one for one in sessions if one.expires_at_s <= now_s):
            self.ended(over)
        return [one for one in sessions if one.expires_at_s > now_s]

    def _read(self, file: Path) -> list[tuple[str, str, bytes]]:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=0.0, isolation_level=None)  # everybody would wait
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_TABLE)
        self._connection = connection
        return connection.execute("SELECT device_id, client_id, kept FROM session").fetchall()

    def _is_of_this_boot(self) -> bool:
        """Tell whether the machine has run since the file was last written, and note that it is ours from now on."""
        connection = self._connection
        if connection is None:
            return False
        boot = zlib.crc32(_BOOT.read_bytes()) & 0x7FFFFFFF if _BOOT.exists() else 0
        [before] = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {boot}")
        return boot != 0 and boot == before

    def changed(self, session: Session) -> None:
        """Take that a session is not what it was."""
        if session.expiry_s or session.key in self._written:
            self._note(session.key, session)

    def ended(self, session: Session) -> None:
        """Take that a session is over."""
        if session.key in self._written or session.key in self._changed:
            self._note(session.key, None)

    def _note(self, key: Key, session: Session | None) -> None:
        if self._connection is None:
            return
        if not self._changed:
            asyncio.get_running_loop().call_soon(self.write)
        self._changed[key] = session

    @property
    def is_behind(self) -> bool:
        """Whether something changed that is not written: nobody is answered before it is, as long as that works."""
        return bool(self._changed)

    def write_now(self) -> None:
        """Write what changed before somebody is answered."""
        if self._changed and not self._is_failing:
            self.write()

    def write(self) -> None:
        """Write what changed; a file that cannot be written costs devices their sessions, never a message."""
        connection, changed = self._connection, self._changed
        if connection is None or not changed:
            return
        self._changed = {}
        now_s, now_ms = asyncio.get_running_loop().time(), self._clock.now_ms()
        kept = [s for s in changed.values() if s is not None and is_worth_it(s)]
        keys = {s.key for s in kept}
        gone = [key for key in changed if key not in keys and key in self._written]
        if not (kept or gone):
            return
        try:
            connection.execute("BEGIN")
            connection.executemany(_PUT, [(*s.key, encoded(s, now_s, now_ms)) for s in kept])
            connection.executemany(_DROP, gone)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.failed_writes += 1
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            _logger.error("sessions of devices cannot be written: %s", error)  # noqa: TRY400 - its text says all
            self._try_again(changed)
            return
        self._is_failing = False
        self._written |= keys
        self._written.difference_update(gone)

    def _try_again(self, changed: dict[Key, Session | None]) -> None:
        """Keep what could not be written: a file that is older than the truth would take new messages for old ones."""
        self._is_failing = True
        self._changed = changed | self._changed
        asyncio.get_running_loop().call_later(_AGAIN_S, self.write)

    def close(self) -> None:
        """Write what is left and close."""
        self.write()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
