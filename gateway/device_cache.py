"""Devices looked up once and kept until the directory says that they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor

from gateway.directory import Device, Directory


class DeviceCache:
    """A directory without the waiting: known devices come from memory.

    Unknown devices are asked for each time, so a device that was just registered gets in at once.

    Parameters
    ----------
    directory : Directory
        Where devices are registered; its calls may block and are made in `executor`.
    """

    def __init__(self, directory: Directory, executor: Executor) -> None:
        self._directory = directory
        self._executor = executor
        self._devices: dict[str, Device] = {}
        self._version = 0

    async def start(self) -> None:
        """Learn the directory's present version: changes count from here."""
        self._version, _ = await self._ask_changes(0)

    async def find(self, device_id: str) -> Device | None:
        """Return a device, or None when it is not registered."""
        known = self._devices.get(device_id)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        while True:
            version = self._version
            found = await loop.run_in_executor(self._executor, self._directory.device, device_id)
            if version == self._version:  # else it may have changed after it was read
                break
        if found is not None:
            self._devices[device_id] = found
        return found

    async def refresh(self) -> Sequence[str]:
        """Forget the devices that changed and return them."""
        version, changed = await self._ask_changes(self._version)
        for device_id in changed:
            self._devices.pop(device_id, None)
        self._version = version
        return changed

    async def _ask_changes(self, version: int) -> tuple[int, Sequence[str]]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._directory.changed_since, version)
