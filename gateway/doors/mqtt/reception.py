"""Decides who comes in: by a device's secret, by what it signed with it, or by its certificate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from anhu.contract.proxies import address_group
from gateway.directory import DeviceEntry, secret_matches
from gateway.door_specs import LoginVerdict, MqttLogin, SignedLogins
from gateway.doors.device_cache import DeviceCache
from gateway.doors.login_guard import LoginGuard
from gateway.doors.mqtt.shared import Shared
from gateway.doors.set_aside import Aside
from gateway.mqtt.packets import Connect
from gateway.mqtt.reason import Reason

_logger = logging.getLogger(__name__)
_MOST_ID_CHARS = 64


class Reception:
    """Checks log-ins against the directory, and answers late whoever keeps failing.

    Parameters
    ----------
    unknown_login : callable
        Told the name and the address of who logs in under a name that nobody has.

    Attributes
    ----------
    guard : LoginGuard
        Counts who keeps failing.
    devices, unknown_login
        As given.
    """

    def __init__(self, devices: DeviceCache, shared: Shared, unknown_login: Callable[[str, str], None]) -> None:
        self.unknown_login = unknown_login
        self.devices = devices
        self._shared = shared
        settings = shared.settings
        self.guard = LoginGuard(failed_logins=settings.failed_logins, window_s=settings.failed_logins_window_s)
        specs = [codec.mqtt for codec in shared.intake.codecs.values() if codec.mqtt is not None]
        self._signed = tuple(spec.signed for spec in specs if spec.signed is not None)

    async def check(self, address: str, connect: Connect, certified: frozenset[str]) -> DeviceEntry | Reason:
        """Return the device that may come in, or why not. Nothing is awaited after a right device was looked up.

        Parameters
        ----------
        certified : frozenset of str
            Who the client certificate says that it is: nobody else then; empty without one.
        """
        login = MqttLogin(
            client_id=connect.client_id,
            user_name=connect.user_name,
            password=connect.password,
            at_ms=self._shared.clock.now_ms(),
        )
        try:
            async for device in self._claimed(login, certified):
                if self._is_let_in(device, login, certified, address):
                    if device.enabled:
                        return device
                    self._shared.aside.note(device, Aside.SHUT_OUT, login.client_id, login.at_ms)
        except Exception:
            _logger.exception("the directory did not answer")
            return Reason.SERVER_UNAVAILABLE
        if login.user_name and not certified and await self.devices.find(login.user_name) is None:
            self.unknown_login(login.user_name, address)
        if self.guard.failed(address_group(address), connect.user_name, self._shared.now_s()):
            self._shared.counters.logins_slowed += 1
            await asyncio.sleep(self._shared.settings.slow_login_s)
        return Reason.BAD_USER_NAME_OR_PASSWORD

    async def _claimed(self, login: MqttLogin, certified: frozenset[str]) -> AsyncIterator[DeviceEntry]:
        """Yield the devices that it may be: by its user name, by its certificate, by what families sign."""
        asked: set[str] = set()
        by_name = [login.user_name] if login.user_name else sorted(certified)
        for device_id in by_name:
            asked.add(device_id)
            device = await self.devices.find(device_id)
            if device is not None:
                yield device
        for signed in self._signed:
            device_id = signed.device_of(login)
            if not device_id or device_id in asked or len(device_id) > _MOST_ID_CHARS:
                continue
            asked.add(device_id)
            device = await self.devices.find(device_id)
            if device is not None:
                yield device

    def _is_let_in(self, device: DeviceEntry, login: MqttLogin, certified: frozenset[str], address: str) -> bool:
        """Tell whether it is that device; whoever looks at the device sees that somebody was not let in as it."""
        verdict = self._verdict(device, login, certified)
        if verdict is LoginVerdict.STALE:
            self._shared.counters.logins_stale += 1
            self._shared.aside.note(device, Aside.LOGIN, login.client_id, login.at_ms)
        elif verdict is LoginVerdict.FALSE and device.enabled:
            self._shared.aside.note_seldom(device, Aside.LOGIN_REFUSED, address_group(address), login.at_ms)
        return verdict is LoginVerdict.GENUINE

    def _verdict(self, device: DeviceEntry, login: MqttLogin, certified: frozenset[str]) -> LoginVerdict:
        if certified:
            return LoginVerdict.GENUINE if device.device_id in certified else LoginVerdict.FALSE
        if secret_matches(device, login.password):
            return LoginVerdict.GENUINE
        signed = self._signed_by(device)
        if signed is None or not device.signing_secret or signed.device_of(login) != device.device_id:
            return LoginVerdict.FALSE
        return signed.verdict(login, device.signing_secret)

    def _signed_by(self, device: DeviceEntry) -> SignedLogins | None:
        codec = self._shared.codec_of(device)
        return codec.mqtt.signed if codec is not None and codec.mqtt is not None else None
