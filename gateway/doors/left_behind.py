"""Tells, at a start, of devices that were connected when we ended and have not come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

from gateway.directory import DeviceEntry, Directory
from gateway.doors.present import PresentDevices
from gateway.intake import Intake

_logger = logging.getLogger(__name__)
_AT_ONCE = 500
_ASK_AGAIN_S = 1.0


class LeftBehind:
    """Says ``off`` for them: without it a device that is gone would be on for ever, its silence nobody's concern.

    Parameters
    ----------
    is_here : callable
        ``is_here(device_id)``: whether it is connected now.

    Attributes
    ----------
    told : int
        Of how many, since the start.
    """

    def __init__(self, present: PresentDevices, is_here: Callable[[str], bool], intake: Intake) -> None:
        self._present, self._is_here, self._intake = present, is_here, intake
        self.told = 0

    async def tell(self, lost: Sequence[str], directory: Directory, executor: Executor) -> None:
        """Tell of those that are registered and not here again; one who comes meanwhile was away all the same."""
        for some in (lost[at : at + _AT_ONCE] for at in range(0, len(lost), _AT_ONCE)):
            devices = await self._looked_up(some, directory, executor)
            for device_id in some:
                if self._is_here(device_id):
                    continue
                if device_id in devices:
                    self._intake.report_connection(devices[device_id], "off", "gateway_ended")
                    self.told += 1
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
                await asyncio.sleep(_ASK_AGAIN_S)
