"""A door that is open at one gateway only of several: who asks vendors' clouds, who reads along at a broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.doors.door_watch import DoorWatch

_logger = logging.getLogger(__name__)
_EVERY_S = 0.5


class _Door(Protocol):
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    def health(self) -> Mapping[str, int]: ...


class OnDuty:
    """Opens a door while the duty is ours, and closes it when it is another gateway's.

    Parameters
    ----------
    make : callable
        Makes the door anew, each time that the duty comes to us.
    """

    def __init__(self, watch: DoorWatch, duty: str, make: Callable[[], _Door]) -> None:
        self._watch, self._duty, self._make = watch, duty, make
        self._door = make()
        self._is_open = False
        self._task: asyncio.Task[None] | None = None
        watch.want(duty)

    async def start(self) -> None:
        """Begin to look whether it is ours."""
        self._task = asyncio.get_running_loop().create_task(self._follow(), name=f"duty {self._duty}")

    async def _follow(self) -> None:
        while True:
            try:
                await self._look()
            except Exception:
                _logger.exception("%s could not be begun or ended here; it is tried again", self._duty)
            await asyncio.sleep(_EVERY_S)

    async def _look(self) -> None:
        wanted = self._watch.has(self._duty)
        if wanted and not self._is_open:
            _logger.info("%s is ours", self._duty)
            await self._door.start()
            self._is_open = True
        elif self._is_open and not wanted:
            _logger.warning("%s is another gateway's", self._duty)
            self._is_open = False
            await self._door.close()
            self._door = self._make()

    def health(self) -> Mapping[str, int]:
        """Return what it counts since it was begun here, and whether it is ours."""
        return {**self._door.health(), "on_duty": int(self._is_open)}

    async def close(self) -> None:
        """Close it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._is_open:
            await self._door.close()
