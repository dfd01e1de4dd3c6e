"""Throws out devices whose registration was revoked, and tells the others what changed in theirs."""

from __future__ import annotations

import asyncio
import logging

from gateway.directory import DeviceEntry, secrets_of
from gateway.doors.device_cache import DeviceCache
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.shared import Shared
from gateway.mqtt.reason import Reason

_logger = logging.getLogger(__name__)
_AT_ONCE = 500


class Revocation:
    """Asks the directory what changed; a change that could not be looked up is tried again."""

    def __init__(self, devices: DeviceCache, presence: Presence, shared: Shared) -> None:
        self._devices, self._presence, self._shared = devices, presence, shared
        self._stale: set[str] = set()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await asyncio.sleep(self._shared.settings.directory_poll_s)
            try:
                self._stale.update(await self._devices.refresh())
                await self._apply_changes()
            except Exception:
                _logger.exception("the directory did not say what changed; devices known so far stay")

    async def _apply_changes(self) -> None:
        self._stale = {one for one in self._stale if self._presence.links_of(one)}
        while some := list(self._stale)[:_AT_ONCE]:
            found = await self._devices.find_many(some)
            for device_id in some:
                self._apply_change(device_id, found[device_id])
            self._stale.difference_update(some)

    def _apply_change(self, device_id: str, device: DeviceEntry | None) -> None:
        for link in self._presence.links_of(device_id):
            was = link.device
            if device is not None and device.enabled and was and secrets_of(device) == secrets_of(was):
                link.change_device(device)
            else:
                self._shared.counters.revoked += 1
                link.wire.close(Reason.ADMINISTRATIVE_ACTION, "the device's credentials were revoked", "revoked")
