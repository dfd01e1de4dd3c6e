"""Who comes by TLS with a pre-shared key, and what is told of those who do not get in."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine

from anhu.contract.proxies import address_group
from gateway.directory import DeviceEntry
from gateway.doors import psk
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.reception import Reception
from gateway.doors.mqtt.shared import Shared
from gateway.doors.proxy_protocol import Proxies
from gateway.doors.psk_keys import PskKeys
from gateway.doors.set_aside import Aside
from gateway.doors.tls_listener import TlsListener

_logger = logging.getLogger(__name__)
Spawn = Callable[[Coroutine[None, None, None], str], None]


class PskEntrance:
    """Sees to it that a modem with a wrong key is seen by whoever can put it right.

    Parameters
    ----------
    keys : PskKeys
        Whose handshakes may succeed.
    reception : Reception
        Counts who keeps failing, whichever way, and knows whom to tell of strangers.
    spawn : callable
        Has something run beside the connections, under a name.
    """

    def __init__(self, keys: PskKeys, reception: Reception, shared: Shared, spawn: Spawn) -> None:
        self.keys, self._reception, self._shared, self._spawn = keys, reception, shared, spawn

    def listener(self, make_protocol: Callable[[], asyncio.Protocol], proxies: Proxies | None) -> TlsListener:
        """Return a port of such connections, not yet listening; the keys are read from here on."""
        self._spawn(self.keys.run(self._shared.settings.directory_poll_s), "mqtt keys")
        return TlsListener(psk.PskContext(self.keys.key_of), make_protocol, proxies, refused=self._refused)

    def _refused(self, sock: ssl.SSLSocket, link: asyncio.Protocol) -> None:
        address = link.wire.address if isinstance(link, Link) else ""
        if identity := self._counted(sock, address):
            self._spawn(self._tell(identity, address), "mqtt key")

    def _counted(self, sock: ssl.SSLSocket, address: str) -> str:
        """Count a handshake that failed; return who it is to be told of, empty for nobody or once too often."""
        identity = psk.identity_of(sock)
        if not identity:
            return ""
        self._shared.counters.psk_refused += 1
        if self._reception.guard.failed(address_group(address), identity, self._shared.now_s()):
            self._shared.counters.logins_slowed += 1
            return ""
        return identity if self.keys.is_whole else ""

    async def _tell(self, identity: str, address: str) -> None:
        """Tell the device's page, or whoever looks after strangers."""
        try:
            device = await self._reception.devices.find(identity)
        except Exception:
            _logger.exception("the directory did not say whose the key is that %r has not", identity)
            return
        if device is None:
            self._reception.unknown_login(identity, address)
        else:
            self._shared.aside.note(device, Aside.PSK, _why(device), self._shared.clock.now_ms())


def _why(device: DeviceEntry) -> str:
    if not device.enabled:
        return "revoked"
    return "wrong key" if psk.key_of(device.signing_secret) else "no key is kept of it: give it a new secret"
