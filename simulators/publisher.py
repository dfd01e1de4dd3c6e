"""The one face that a running simulation sees of a device, whichever way it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from simulators.device import SimulatedDevice


class Publisher(Protocol):
    """A device that a simulation can drive: `simulators.fleet.FleetDevice`, or a paho client in a thread."""

    device_id: str
    latencies_s: list[float]

    @property
    def connected(self) -> bool:
        """Whether the connection stands, or is being made again by itself."""
        ...

    @property
    def unacknowledged(self) -> int:
        """Messages handed over and not answered yet."""
        ...

    async def connect(self) -> None:
        """Connect. Raises `simulators.device.DeviceError`."""
        ...

    async def publish(self, payload: bytes, *, urgent: bool = False) -> None:
        """Send a message with QoS 1, a call for help on the topic of its own."""
        ...

    async def wait_acknowledged(self, timeout_s: float = 30.0) -> bool:
        """Wait until everything is answered. False when the time ran out. [s]."""
        ...

    async def break_connection(self) -> None:
        """Cut the connection without a word. Where `connected` is False afterwards, call `connect`."""
        ...

    async def vanish(self) -> None:
        """End without a word."""
        ...

    async def close(self) -> None:
        """Say good-bye and end."""
        ...


class PahoPublisher:
    """A paho-mqtt device, driven from an event loop."""

    def __init__(self, device: SimulatedDevice) -> None:
        self._device = device
        self.device_id = device.device_id
        self.latencies_s = device.latencies_s
        self._vanished = False

    @property
    def connected(self) -> bool:
        """True until told to vanish: paho-mqtt makes a broken connection again by itself."""
        return not self._vanished

    @property
    def unacknowledged(self) -> int:
        """Messages handed over and not answered yet."""
        return self._device.unacknowledged

    @property
    def acknowledged(self) -> Sequence[bytes]:
        """Payloads the server has promised to keep."""
        return self._device.acknowledged

    async def connect(self) -> None:
        """Connect. Raises `DeviceError`."""
        await asyncio.to_thread(self._device.connect)

    async def publish(self, payload: bytes, *, urgent: bool = False) -> None:
        """Hand a message to the client's own thread."""
        self._device.publish(payload, urgent=urgent)

    async def wait_acknowledged(self, timeout_s: float = 30.0) -> bool:
        """Wait until everything is answered. False when the time ran out. [s]."""
        return await asyncio.to_thread(self._device.wait_acknowledged, timeout_s)

    async def break_connection(self) -> None:
        """Cut the connection without a word."""
        await asyncio.to_thread(self._device.break_connection)

    async def vanish(self) -> None:
        """End without a word."""
        self._vanished = True
        await asyncio.to_thread(self._device.vanish)

    async def close(self) -> None:
        """Say good-bye and end."""
        if not self._vanished:
            await asyncio.to_thread(self._device.close)
