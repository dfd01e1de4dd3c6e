"""Follows the register: forgets devices that changed, and has the broker let in and shut out whom the register does."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from gateway.directory import Directory
from gateway.doors.broker.device_access import BrokerAccess
from gateway.doors.device_cache import DeviceCache

_logger = logging.getLogger(__name__)
_AT_ONCE = 500


class Following:
    """Asks the directory what changed; what could not be looked up is tried again.

    Parameters
    ----------
    access : BrokerAccess or None
        None where the broker's accounts are none of our business.
    """

    def __init__(
        self, devices: DeviceCache, directory: Directory, executor: Executor, access: BrokerAccess | None
    ) -> None:
        self._devices, self._directory, self._executor, self._access = devices, directory, executor, access
        self._stale: set[str] = set()

    async def run(self, every_s: float) -> None:
        """Ask for ever."""
        while True:
            await asyncio.sleep(every_s)
            try:
                changed = await self._devices.refresh()
                if self._access is not None:
                    self._stale.update(changed)
                    await self._pass_on(self._access)
            except Exception:
                _logger.exception("the directory did not say what changed; devices known so far stay")

    async def _pass_on(self, access: BrokerAccess) -> None:
        while some := list(self._stale)[:_AT_ONCE]:
            found = await self._devices.find_many(some)
            for device_id in some:
                access.changed(device_id, found[device_id])
            self._stale.difference_update(some)
            access.tell()
        await self._compare(access)
        access.tell()

    async def _compare(self, access: BrokerAccess) -> None:
        """Look up the next of the broker's accounts; they need no place among the devices that are known."""
        accounts = {one.name: one for one in access.listed(_AT_ONCE)}
        if not accounts:
            return
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._executor, self._directory.find_all, list(accounts))
        except Exception:
            access.give_back(accounts.values())
            raise
        for name, account in accounts.items():
            access.found(account, found.get(name))
