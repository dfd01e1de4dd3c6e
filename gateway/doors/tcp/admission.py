"""Decides who may speak: a registered device of the family that its connection speaks, and whose secret it knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from anhu.contract.proxies import address_group
from gateway.directory import DeviceEntry, secret_matches
from gateway.door_specs import Credentials
from gateway.doors.device_cache import DeviceCache
from gateway.doors.login_guard import LoginGuard
from gateway.doors.set_aside import Aside
from gateway.doors.tcp.cutting import Family
from gateway.doors.tcp.link import Link
from gateway.doors.tcp.presence import Presence
from gateway.doors.tcp.shared import Shared
from gateway.doors.tcp.unknown import Hearing
from gateway.doors.tcp.wire import LOGIN

_logger = logging.getLogger(__name__)


class Admission:
    """Checks who a packet says that it comes from.

    Parameters
    ----------
    hearing : Hearing
        Who listens to devices that nobody registered, or that are switched off.
    spawn : callable
        Runs a look-up beside the connections.
    admitted : callable
        Told of each link that a device spoke over.
    """

    def __init__(
        self,
        devices: DeviceCache,
        presence: Presence,
        shared: Shared,
        *,
        hearing: Hearing,
        spawn: Callable[[Coroutine[None, None, None], str], None],
        admitted: Callable[[Link], None],
    ) -> None:
        self._devices, self._presence, self._shared, self._hearing = devices, presence, shared, hearing
        self._spawn, self._admitted = spawn, admitted
        settings = shared.settings
        self._guard = LoginGuard(failed_logins=settings.failed_logins, window_s=settings.failed_logins_window_s)

    def asked(self, link: Link, family: Family, claimed: Credentials, packet: bytes) -> None:
        """Let a device speak, at once where it is known."""
        known = self._devices.known(claimed.device_id)
        if known is not None and _may_speak(known, family, claimed):
            self._let_in(link, family, packet, known)
        else:
            link.wire.hold(LOGIN)
            self._spawn(self._look_up(link, family, claimed, packet), "tcp login")

    async def _look_up(self, link: Link, family: Family, claimed: Credentials, packet: bytes) -> None:
        try:
            device = await self._devices.find(claimed.device_id)
        except Exception:
            _logger.exception("the directory did not answer; the device comes again")
            link.wire.close("directory")
            return
        if device is not None and _is_shut_out(device, family, claimed):
            self._hear_shut_out(link, family, packet, device)
            return
        if device is None or not _may_speak(device, family, claimed):
            await self._slow_down(link, claimed)
        if not link.wire.is_open:
            return
        link.wire.unhold(LOGIN)
        if device is None:
            link.hear(family, packet, claimed.device_id, self._hearing)
        elif _may_speak(device, family, claimed):
            self._let_in(link, family, packet, device)
        else:
            self._refuse(link, family, packet, device)
        link.go_on()

    def _hear_shut_out(self, link: Link, family: Family, packet: bytes, device: DeviceEntry) -> None:
        """Listen for some seconds to a device that is switched off: the call mostly follows the first packet."""
        if not link.wire.is_open:
            return
        link.wire.unhold(LOGIN)
        link.speaking.device = None
        if not link.is_leaving:
            link.is_leaving = True
            self._shared.counters.devices_refused += 1
            asyncio.get_running_loop().call_later(self._shared.settings.shut_out_s, link.end, "refused")
        link.unknown_packets += 1
        link.speaking.refuse(family, packet)
        calls = self._hearing.take_shut_out(link.speaking.frame(packet, device.device_id), device)
        if calls or link.unknown_packets >= self._shared.settings.max_unknown_packets:
            link.end("refused")
        else:
            link.go_on()

    async def _slow_down(self, link: Link, claimed: Credentials) -> None:
        """Let whoever keeps naming what is not so wait, and nobody else."""
        if self._guard.failed(address_group(link.wire.peer[0]), claimed.device_id, self._shared.now_s()):
            self._shared.counters.logins_slowed += 1
            await asyncio.sleep(self._shared.settings.slow_login_s)

    def _let_in(self, link: Link, family: Family, packet: bytes, device: DeviceEntry) -> None:
        devices = link.speaking.devices
        if device.device_id not in devices and len(devices) >= self._shared.settings.max_devices_per_connection:
            link.refuse(family, packet, "too_many_devices")
            return
        self._admitted(link)
        self._presence.enter(link, device)
        link.admit(family, packet, device)

    def _refuse(self, link: Link, family: Family, packet: bytes, device: DeviceEntry) -> None:
        """End the connection of who says to be a registered device and may not speak as it."""
        if device.enabled and device.codec != family.codec.name:
            what = f"it speaks {family.codec.name}, and is registered as {device.codec}"
            self._shared.aside.note(device, Aside.PROTOCOL, what, self._shared.clock.now_ms())
        elif device.enabled:
            who = address_group(link.wire.peer[0])
            self._shared.aside.note_seldom(device, Aside.LOGIN_REFUSED, who, self._shared.clock.now_ms())
        link.refuse(family, packet, "refused")


def _is_shut_out(device: DeviceEntry, family: Family, claimed: Credentials) -> bool:
    """Tell whether it is switched off, and each of its packets says whose it is."""
    is_of_family = device.codec == family.codec.name and device.device_id == claimed.device_id
    return not device.enabled and is_of_family and family.spec.is_identity_enough


def _may_speak(device: DeviceEntry, family: Family, claimed: Credentials) -> bool:
    if not device.enabled or device.codec != family.codec.name:
        return False
    return family.spec.is_identity_enough or secret_matches(device, claimed.secret)
