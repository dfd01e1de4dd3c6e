"""Decides who comes in: user name and password are a device and its secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from anhu.contract.proxies import address_group
from gateway.directory import DeviceEntry, secret_matches
from gateway.doors.device_cache import DeviceCache
from gateway.doors.login_guard import LoginGuard
from gateway.doors.mqtt.shared import Shared
from gateway.mqtt.packets import Connect
from gateway.mqtt.reason import Reason

_logger = logging.getLogger(__name__)


class Reception:
    """Checks log-ins against the directory, and answers late whoever keeps failing.

    Parameters
    ----------
    unknown_login : callable
        Told the name and the address of who logs in under a name that nobody has.
    """

    def __init__(self, devices: DeviceCache, shared: Shared, unknown_login: Callable[[str, str], None]) -> None:
        self._unknown_login = unknown_login
        self._devices = devices
        self._shared = shared
        settings = shared.settings
        self._guard = LoginGuard(failed_logins=settings.failed_logins, window_s=settings.failed_logins_window_s)

    async def check(self, address: str, connect: Connect) -> DeviceEntry | Reason:
        """Return the device that may come in, or why not. Nothing is awaited after a right device was looked up."""
        try:
            device = await self._devices.find(connect.user_name) if connect.user_name else None
        except Exception:
            _logger.exception("the directory did not answer")
            return Reason.SERVER_UNAVAILABLE
        if device is not None and device.enabled and secret_matches(device, connect.password):
            return device
        if device is None and connect.user_name:
            self._unknown_login(connect.user_name, address)
        if self._guard.failed(address_group(address), connect.user_name, self._shared.now_s()):
            self._shared.counters.logins_slowed += 1
            await asyncio.sleep(self._shared.settings.slow_login_s)
        return Reason.BAD_USER_NAME_OR_PASSWORD
