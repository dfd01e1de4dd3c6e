"""Simulated devices that never give up, and remember what they were promised."""

from __future__ import annotations

import asyncio
import json
import random
import time

from anhu.contract.clock import SystemClock
from simulators.credential import Credential
from simulators.device import DeviceError
from tests.faults.speech import Speech

_LOOK_S = 0.05
_PATIENCE_S = 5.0


class Sender:
    """A device that connects again whenever its connection breaks or answers nothing.

    Attributes
    ----------
    said : set of bytes
        Every payload handed over, promised or not.
    """

    def __init__(self, credential: Credential, port: int, speech: Speech) -> None:
        self.device_id = credential.device_id
        self.resident_id = f"r-{credential.device_id}"
        self.said: set[bytes] = set()
        self._device = speech.device(credential, port)
        self._keeper: asyncio.Task[None] | None = None
        self._taken_ms: set[int] = set()

    @property
    def promised(self) -> list[bytes]:
        """Payloads that were acknowledged, in the order of the acknowledgements."""
        return self._device.acknowledged

    @property
    def owed(self) -> int:
        """Messages that nobody has acknowledged yet."""
        return self._device.unacknowledged

    def start(self) -> None:
        """Connect, and stay connected."""
        self._keeper = asyncio.create_task(self._keep(), name=self.device_id)

    async def stop(self) -> None:
        """End."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self._device.close()

    async def flap(self) -> None:
        """Break the connection without a word."""
        await self._device.break_connection()

    async def report(self, values: dict[str, float], *, at_ms: int | None = None) -> bytes:
        """Send numbers with a device time that no other report of this device has. [ms]."""
        return await self._say({"v": 1, "time": self._free_time_ms(at_ms), "values": values})

    async def call_for_help(self) -> bytes:
        """Send an SOS."""
        said = {"v": 1, "time": self._free_time_ms(None), "events": [{"kind": "sos"}]}
        return await self._say(said, urgent=True)

    async def say_again(self, payload: bytes) -> None:
        """Send a payload once more, as a device does that heard no answer."""
        await self._device.publish(payload)

    async def say_raw(self, payload: bytes, *, urgent: bool = False) -> None:
        """Send any bytes."""
        self.said.add(payload)
        await self._device.publish(payload, urgent=urgent)

    async def _say(self, message: dict[str, object], *, urgent: bool = False) -> bytes:
        payload = json.dumps(message).encode()
        await self.say_raw(payload, urgent=urgent)
        return payload

    def _free_time_ms(self, wanted_ms: int | None) -> int:
        at_ms = SystemClock().now_ms() if wanted_ms is None else wanted_ms
        while at_ms in self._taken_ms:
            at_ms += 1
        self._taken_ms.add(at_ms)
        return at_ms

    async def _keep(self) -> None:
        since_s = 0.0
        while True:
            if not self._device.connected:
                since_s = time.monotonic()
                try:
                    await self._device.connect(_PATIENCE_S)
                except DeviceError:
                    await asyncio.sleep(_LOOK_S)
            elif self._waits_since_s(since_s) > _PATIENCE_S:
                await self._device.break_connection()
            await asyncio.sleep(_LOOK_S)

    def _waits_since_s(self, connected_s: float) -> float:
        oldest_s = self._device._in_flight.oldest_s()
        return time.monotonic() - max(oldest_s, connected_s) if oldest_s is not None else 0.0


async def walk(sender: Sender, rng: random.Random, every_s: float) -> None:
    """Report an ordinary heart rate and oxygen saturation for ever, sometimes twice."""
    while True:
        payload = await sender.report({"heart_rate": round(rng.uniform(62, 88), 2), "spo2": rng.randint(95, 99)})
        if rng.random() < 0.1:
            await sender.say_again(payload)
        await asyncio.sleep(every_s * rng.uniform(0.5, 1.5))
