"""A device that is heard by way of a vendor's cloud: each message is a push, sent again until it is answered 200."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time

from sqlalchemy import update

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.tables import Device
from simulators.credential import Credential
from simulators.device import DeviceError
from simulators.fleet import FleetDevice
from tests.smoke.installation import Installation

PRODUCT = "faults"
_AGAIN_S = 0.2
_VAIN = (b"400", b"403", b"404", b"413")
"""Answers after which it is not sent again."""


def product_of_all(installation: Installation, database: str) -> str:
    """Make all devices one product's, and return its push key."""
    sessions = open_sessions(database)
    with sessions.begin() as session:
        session.execute(update(Device).values(product_id=PRODUCT))
    close_sessions(sessions)
    key: str = installation.admin("create-product", id=PRODUCT, vendor="ACME")["push_key"]
    return key


class PushingDevice(FleetDevice):
    """As a `FleetDevice`, over the HTTP push door.

    Parameters
    ----------
    key : str
        The product's push key.
    """

    def __init__(self, credential: Credential, *, host: str, port: int, window: int, key: str) -> None:
        super().__init__(credential, host=host, port=port, window=window, remember=True)
        self._key = key.encode()
        self._owed: dict[int, bytes] = {}
        self._more = asyncio.Event()

    async def connect(self, timeout_s: float = 30.0) -> None:
        """Connect, and push what was not answered before. Raises `DeviceError`."""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as error:
            raise DeviceError(f"{self.device_id}: {error or 'no answer'}") from None
        self._writer = writer
        self._tasks = [asyncio.create_task(self._push_on(reader, writer))]

    async def publish(self, payload: bytes, *, urgent: bool = False) -> None:
        """Push a message when its turn comes; waits while too many wait."""
        packet_id = await self._in_flight.take(payload, self._topics[urgent])
        self._owed[packet_id] = payload
        self._more.set()

    async def close(self) -> None:
        """End."""
        await self.break_connection()

    async def _push_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                for packet_id, payload in list(self._owed.items()):
                    await self._push(reader, writer, packet_id, payload)
                if not self._owed:
                    self._more.clear()
                    await self._more.wait()
        except (OSError, asyncio.IncompleteReadError):
            await self.break_connection()

    async def _push(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, packet_id: int, payload: bytes
    ) -> None:
        writer.write(self._request(payload))
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        status = head.split(b" ", 2)[1]
        if status == b"200":
            del self._owed[packet_id]
            self._answered(packet_id)
        elif status in _VAIN:
            del self._owed[packet_id]
            self._in_flight.answered(packet_id)
        else:
            await asyncio.sleep(_AGAIN_S)

    def _request(self, payload: bytes) -> bytes:
        at = f"{time.time() * 1_000:.0f}"
        said = f"{at}\n{self.device_id}\n".encode() + payload
        signature = hmac.new(self._key, said, hashlib.sha256).hexdigest()
        lines = [f"POST /push/{PRODUCT} HTTP/1.1", "Host: anhu", f"Content-Length: {len(payload)}"]
        lines += [f"X-Anhu-Device: {self.device_id}", f"X-Anhu-Time: {at}", f"X-Anhu-Signature: {signature}"]
        return "\r\n".join([*lines, "", ""]).encode() + payload
