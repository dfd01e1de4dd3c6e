"""Decides who comes in: user name and password are a device and its secret."""

from __future__ import annotations

import asyncio
import logging

from gateway.directory import DeviceEntry, secret_matches
from gateway.doors.device_cache import DeviceCache
from gateway.doors.login_guard import LoginGuard, LoginVerdict
from gateway.doors.mqtt.shared import Shared
from gateway.mqtt.packets import Connect
from gateway.mqtt.reason import Reason

_logger = logging.getLogger(__name__)


class Reception:
    """Checks logins against the directory, slowly for addresses that keep failing."""

    def __init__(self, devices: DeviceCache, shared: Shared) -> None:
        self._devices = devices
        self._shared = shared
        settings = shared.settings
        self._guard = LoginGuard(
            failed_logins=settings.failed_logins,
            window_s=settings.failed_logins_window_s,
            max_slow_logins=settings.max_slow_logins,
        )

    async def check(self, address: str, connect: Connect) -> DeviceEntry | Reason:
        """Return the device that may come in, or why not. Nothing is awaited after the device was looked up."""
        loop = asyncio.get_running_loop()
        verdict = self._guard.judge(address, loop.time())
        if verdict is LoginVerdict.REFUSE:
            return Reason.CONNECTION_RATE_EXCEEDED
        if verdict is LoginVerdict.SLOW:
            await self._wait(address)
        if not connect.user_name:
            return Reason.BAD_USER_NAME_OR_PASSWORD
        try:
            device = await self._devices.find(connect.user_name)
        except Exception:
            _logger.exception("the directory did not answer")
            return Reason.SERVER_UNAVAILABLE
        if device is None or not device.enabled or not secret_matches(device, connect.password):
            self._guard.failed(address, loop.time())
            return Reason.BAD_USER_NAME_OR_PASSWORD
        return device

    async def _wait(self, address: str) -> None:
        self._shared.counters.logins_slowed += 1
        self._guard.slow_begins(address)
        try:
            await asyncio.sleep(self._shared.settings.slow_login_s)
        finally:
            self._guard.slow_ends(address)
