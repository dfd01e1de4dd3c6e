"""Devices looked up once and kept until the directory says that they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import islice

from gateway.directory import DeviceEntry, Directory

_AT_ONCE = 500
_MOST_KNOWN = 250_000
"""Devices in memory; whoever is forgotten is looked up when it connects next."""


class DeviceCache:
    """A directory without the waiting: known devices come from memory, as many as a door meets.

    Unknown devices are asked for each time, so a device that was just registered gets in at once. Those asked for
    while a question is under way share the next one: a front door that starts hears of all its devices within seconds.

    Parameters
    ----------
    directory : Directory
        Where devices are registered; its calls may block and are made in `executor`.
    """

    def __init__(self, directory: Directory, executor: Executor) -> None:
        self._directory = directory
        self._executor = executor
        self._devices: dict[str, DeviceEntry] = {}
        self.known = self._devices.get
        """Device identity -> a device that is in memory, without asking; None if it is not. Asked for every message."""
        self._version = 0
        self._wanted: dict[str, asyncio.Future[DeviceEntry | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learn the directory's present version: changes count from here."""
        loop = asyncio.get_running_loop()
        self._version = await loop.run_in_executor(self._executor, self._directory.present_version)

    async def find(self, device_id: str) -> DeviceEntry | None:
        """Return a device, or None when it is not registered."""
        known = self._devices.get(device_id)
        if known is not None:
            return known
        while True:
            version = self._version
            found = await asyncio.shield(self._ask(device_id))
            if version == self._version:  # else it may have changed after it was read
                break
        if found is not None:
            self._devices[device_id] = found
            if len(self._devices) > _MOST_KNOWN:
                del self._devices[next(iter(self._devices))]
        return found

    async def find_many(self, device_ids: Sequence[str]) -> dict[str, DeviceEntry | None]:
        """Return several at once: after a change of a whole centre the last one must not wait for all before it."""
        found: dict[str, DeviceEntry | None] = {}
        for start in range(0, len(device_ids), _AT_ONCE):
            some = device_ids[start : start + _AT_ONCE]
            found.update(zip(some, await asyncio.gather(*map(self.find, some)), strict=True))
        return found

    async def refresh(self) -> Sequence[str]:
        """Forget the devices that changed and return them."""
        version, changed = await self._ask_changes(self._version)
        for device_id in changed:
            self._devices.pop(device_id, None)
        self._version = version
        return changed

    def _ask(self, device_id: str) -> asyncio.Future[DeviceEntry | None]:
        """Return the future that everybody shares who asks for this device."""
        loop = asyncio.get_running_loop()
        answer = self._wanted.get(device_id)
        if answer is None:
            answer = self._wanted[device_id] = loop.create_future()
            if self._asking is None:
                self._asking = loop.create_task(self._ask_for_all(), name="device lookup")
        return answer

    async def _ask_for_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._wanted:
                asked = [(one, self._wanted.pop(one)) for one in list(islice(self._wanted, _AT_ONCE))]
                ids = [device_id for device_id, _ in asked]
                try:
                    found = await loop.run_in_executor(self._executor, self._directory.find_all, ids)
                except Exception as error:  # noqa: BLE001 - whoever asked is told
                    for _, answer in asked:
                        answer.set_exception(error)
                        answer.exception()  # nobody may be waiting any longer
                else:
                    for device_id, answer in asked:
                        answer.set_result(found.get(device_id))
        finally:
            self._asking = None

    async def _ask_changes(self, version: int) -> tuple[int, Sequence[str]]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._directory.changed_since, version)
