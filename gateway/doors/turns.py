"""What many connections do together: speak in one turn of the loop, and wait for a full LOG to drain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.intake import Intake


class Talker(Protocol):
    """Whoever has something to send."""

    def flush(self) -> None:
        """Send it."""
        ...


class FlushTurn:
    """Lets connections speak after the present answers: one turn of the loop for all of them, not one for each.

    Parameters
    ----------
    first : callable
        Done before anybody speaks: what they may say is true from then on.
    """

    def __init__(self, first: Callable[[], None]) -> None:
        self._first = first
        self._talkers: list[Talker] = []

    def add(self, talker: Talker) -> None:
        """Let it speak once everything that is on disk now was answered."""
        if not self._talkers:
            asyncio.get_running_loop().call_soon(self._flush)
        self._talkers.append(talker)

    def _flush(self) -> None:
        talkers, self._talkers = self._talkers, []
        self._first()
        for talker in talkers:
            talker.flush()


class Reader(Protocol):
    """Whoever is not read from for now."""

    def read_on(self) -> None:
        """Read from it again."""
        ...


class FullLog:
    """Connections that are not read from until half of what waited for the LOG is on disk.

    Parameters
    ----------
    max_pending_bytes : int
        What all connections together may have waiting. [byte]
    """

    def __init__(self, intake: Intake, max_pending_bytes: int) -> None:
        self._intake, self._max_pending_bytes = intake, max_pending_bytes
        self._waiting: list[Reader] = []

    def wait(self, reader: Reader) -> None:
        """Read on from it once fewer bytes wait."""
        if not self._waiting:
            self._intake.in_turn(self._drained)
        self._waiting.append(reader)

    def _drained(self, token: object, error: Exception | None) -> None:  # noqa: ARG002 - full or failed, read on
        if self._intake.pending_bytes * 2 > self._max_pending_bytes:
            self._intake.in_turn(self._drained)
            return
        waiting, self._waiting = self._waiting, []
        for reader in waiting:
            reader.read_on()
