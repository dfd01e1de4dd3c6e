"""Wakes everybody who listens to the live stream: one look at the database for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Protocol

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from api.dependencies import Dependencies
from api.errors import TooManyRequestsError
from api.services.stream import recent_ids, watch_changes

LOOK_S = 0.025
_NOBODY_S = 0.25
MOST_OF_ONE_USER = 40
"""Streams; a desk's user may be logged in at many screens, but every event is looked up for each of them."""
_AGAIN_S = 10.0
_logger = logging.getLogger(__name__)


class _Changes(Protocol):
    def changed(self) -> bool: ...


class StreamFeed:
    """Looks for new lines of any alert's history while somebody listens.

    Parameters
    ----------
    deps : Dependencies
        Whose database.
    """

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._listeners: dict[asyncio.Event, str] = {}
        self._closing = False

    @contextlib.contextmanager
    def listening(self, user_id: str) -> Iterator[asyncio.Event]:
        """Return an event that is set when there may be something new."""
        wake = asyncio.Event()
        self._listeners[wake] = user_id
        try:
            yield wake
        finally:
            del self._listeners[wake]

    def check_room(self, user_id: str) -> None:
        """Raise `TooManyRequestsError` where one user listens as often as one may: each costs every event a look."""
        if sum(one == user_id for one in self._listeners.values()) >= MOST_OF_ONE_USER:
            raise TooManyRequestsError(f"this user listens {MOST_OF_ONE_USER} times", retry_after_s=_AGAIN_S)

    @property
    def closing(self) -> bool:
        """Whether listeners must go home."""
        return self._closing

    def close(self) -> None:
        """Send all listeners home: the process ends."""
        self._closing = True
        self._wake_all()

    async def run(self) -> None:
        """Look until cancelled."""
        changes = watch_changes(self._deps)
        seen: tuple[int, ...] = ()
        try:
            while True:
                await asyncio.sleep(LOOK_S if self._listeners else _NOBODY_S)
                seen = await self._look(changes, seen)
        finally:
            changes.close()

    async def _look(self, changes: _Changes, seen: tuple[int, ...]) -> tuple[int, ...]:
        if not self._listeners:
            return seen
        try:
            if not changes.changed():
                return seen
            found = await to_thread.run_sync(recent_ids, self._deps)
        except (SQLAlchemyError, OSError) as error:
            _logger.warning("the live stream cannot read the database: %s", type(error).__name__)
            await asyncio.sleep(1)
            return seen
        if found != seen:
            self._wake_all()
        return found

    def _wake_all(self) -> None:
        for wake in self._listeners:
            wake.set()
