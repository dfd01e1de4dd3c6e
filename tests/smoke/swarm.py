"""Many small MQTT devices in one loop, each with one message on its way at a time, that come back when they are cut."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence

from tests.gateway.mqtt import spoken
from tests.services.process import HOST

_CONNACK_BYTES, _PUBACK_BYTES = 4, 4
_ANSWER_S = 8.0


class SmallDevice:
    """One device.

    Attributes
    ----------
    acknowledged : list of int
        Numbers of its messages that were acknowledged.
    connects : int
        How often it was let in.
    """

    def __init__(self, device_id: str, port: int, secret: str) -> None:
        self.device_id, self._port, self._secret = device_id, port, secret
        self.acknowledged: list[int] = []
        self.connects = 0
        self.is_connected = False
        self._next = 0
        self._dice = random.Random(device_id)  # noqa: S311 - when it comes back, nothing secret
        self.calls = 0

    async def run(self, every_s: float) -> None:
        """Live: connect, speak, come back."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ConnectionError):
                await self._live(every_s)
            self.is_connected = False
            await asyncio.sleep(0.2 + 0.8 * self._dice.random())

    async def _live(self, every_s: float) -> None:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, self._port), _ANSWER_S)
        try:
            secret = self._secret.encode()
            hello = spoken.connect(client_id=self.device_id, user=self.device_id, password=secret, clean=False)
            writer.write(hello)
            answer = await asyncio.wait_for(reader.readexactly(_CONNACK_BYTES), _ANSWER_S)
            if answer[3]:
                raise ConnectionError(answer.hex())
            self.connects += 1
            self.is_connected = True
            while True:
                await self._say(reader, writer)
                with contextlib.suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(1), (0.5 + self._dice.random()) * every_s):
                        return
        finally:
            writer.close()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say the next number, or the one that was not acknowledged, again."""
        number, is_call = self._next, self.calls > 0
        more = b', "events": [{"kind": "sos"}]' if is_call else b""
        payload = b'{"v": 1, "values": {"steps": %d}%s}' % (number, more)
        writer.write(spoken.publish(f"anhu/v1/{self.device_id}/up", payload, packet_id=number % 60_000 + 1))
        await asyncio.wait_for(reader.readexactly(_PUBACK_BYTES), _ANSWER_S)
        self.acknowledged.append(number)
        self.calls -= is_call
        self._next += 1


class Swarm:
    """All of them."""

    def __init__(self, device_ids: Sequence[str], port: int, secret: str, every_s: float) -> None:
        self.devices = [SmallDevice(one, port, secret) for one in device_ids]
        self._every_s = every_s
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Let all live."""
        self._tasks = [asyncio.create_task(one.run(self._every_s)) for one in self.devices]

    async def until_connected(self, within_s: float) -> None:
        """Wait until all are connected."""
        async with asyncio.timeout(within_s):
            while not all(one.is_connected for one in self.devices):  # noqa: ASYNC110 - of other tasks
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        """End all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
