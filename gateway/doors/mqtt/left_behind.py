"""Tells, at a start, of devices that were connected when we ended and have not come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from gateway.directory import DeviceEntry, Directory
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.present import PresentDevices
from gateway.doors.mqtt.shared import Shared

_logger = logging.getLogger(__name__)
_AT_ONCE = 500


class LeftBehind:
    """Says ``off`` for them: without it a device that is gone would be on for ever, its silence nobody's concern."""

    def __init__(self, present: PresentDevices, presence: Presence, shared: Shared) -> None:
        self._present, self._presence, self._shared = present, presence, shared

    async def tell(self, lost: Sequence[str], directory: Directory, executor: Executor) -> None:
        """Tell of those that are registered and not here again; one who comes meanwhile was away all the same."""
        for some in (lost[at : at + _AT_ONCE] for at in range(0, len(lost), _AT_ONCE)):
            devices = await self._looked_up(some, directory, executor)
            for device_id in some:
                if self._presence.links_of(device_id):
                    continue
                if device_id in devices:
                    self._shared.intake.report_connection(devices[device_id], "off", "gateway_ended")
                    self._shared.counters.left_behind += 1
                self._present.went(device_id)

    async def _looked_up(
        self, device_ids: Sequence[str], directory: Directory, executor: Executor
    ) -> Mapping[str, DeviceEntry]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(executor, directory.find_all, device_ids)
            except Exception:
                _logger.exception("the directory did not say whose the devices are that were connected; asking again")
                await asyncio.sleep(self._shared.settings.directory_poll_s)
