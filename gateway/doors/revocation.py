"""Throws out devices whose registration was revoked, and tells the others what changed in theirs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from gateway.directory import DeviceEntry
from gateway.doors.device_cache import DeviceCache

_logger = logging.getLogger(__name__)
_AT_ONCE = 500
_Link = TypeVar("_Link")


class Revocation(Generic[_Link]):
    """Asks the directory what changed; a change that could not be looked up is tried again.

    Parameters
    ----------
    links_of : callable
        ``links_of(device_id)``: its connections.
    goes_on_as : callable
        ``goes_on_as(link, device_id, device)``: gives a connection its device's new registration; False where it may
        not go on, and was ended.

    Attributes
    ----------
    revoked : int
        Connections that were ended so since the start.
    """

    def __init__(
        self,
        devices: DeviceCache,
        links_of: Callable[[str], Iterable[_Link]],
        goes_on_as: Callable[[_Link, str, DeviceEntry | None], bool],
    ) -> None:
        self._devices, self._links_of, self._goes_on_as = devices, links_of, goes_on_as
        self._stale: set[str] = set()
        self.revoked = 0

    async def run(self, poll_s: float) -> None:
        """Ask for ever, every so often. [s]."""
        while True:
            await asyncio.sleep(poll_s)
            try:
                self._stale.update(await self._devices.refresh())
                await self._apply_changes()
            except Exception:
                _logger.exception("the directory did not say what changed; devices known so far stay")

    async def _apply_changes(self) -> None:
        self._stale = {one for one in self._stale if any(True for _ in self._links_of(one))}
        while some := list(self._stale)[:_AT_ONCE]:
            found = await self._devices.find_many(some)
            for device_id in some:
                links = tuple(self._links_of(device_id))
                self.revoked += sum(not self._goes_on_as(link, device_id, found[device_id]) for link in links)
            self._stale.difference_update(some)
