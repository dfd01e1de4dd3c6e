"""A port of TLS by pre-shared keys, for another interpreter: prints its number, answers a CONNECT, and says who came.

It needs nothing but the standard library, so that any Python from 3.13 on can run it: ``python psk_port.py``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from gateway.doors.psk import PskContext, identity_of, key_of
from gateway.doors.tls_listener import TlsListener

KEYS = {"dev-1": key_of("hex:000102030405060708090a0b0c0d0e0f"), "dev-2": key_of("a secret of 20 bytes")}
_CONNACK, _CONNECT = b"\x20\x02\x00\x00", 0x10


class _End(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        said = f"in {self._transport.get_extra_info('psk_identity')}"
        sys.stdout.write(f"{said} {self._transport.get_extra_info('socket').cipher()[0]}\n")
        sys.stdout.flush()
        if data[0] == _CONNECT:
            self._transport.write(_CONNACK)


async def _serve() -> None:
    def refused(sock: object, _protocol: asyncio.Protocol) -> None:
        sys.stdout.write(f"refused {identity_of(sock) or 'nobody'}\n")
        sys.stdout.flush()

    listener = TlsListener(PskContext(lambda who: KEYS.get(who, b"")), _End, refused=refused)
    await listener.listen("127.0.0.1", 0, 8)
    sys.stdout.write(f"{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
