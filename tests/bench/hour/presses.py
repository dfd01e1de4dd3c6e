"""Residents who call for help during the hour: one every few seconds, and a storm of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

from notify.channels.webhook.fake import WebhookServer
from simulators.credential import Credential
from simulators.device import DeviceError
from simulators.fleet import FleetDevice

_CALL = b'{"v":1,"events":[{"kind":"sos"}]}'
_PATIENCE_S = 60.0


class Presses:
    """Presses buttons, and reads at the webhook when each was told.

    Attributes
    ----------
    pressed_s : dict
        Resident -> when, by `time.monotonic`. [s]
    """

    def __init__(self, who: Sequence[Credential], port: int, phone: WebhookServer) -> None:
        self._free, self._port, self._phone = list(who), port, phone
        self.pressed_s: dict[str, float] = {}

    async def press(self) -> None:
        """Have somebody press who has not yet; the device tries until the call is acknowledged."""
        one = self._free.pop()
        self.pressed_s[f"r-{one.device_id}"] = time.monotonic()
        while True:
            device = FleetDevice(one, host="127.0.0.1", port=self._port)
            try:
                await device.connect(_PATIENCE_S)
                await device.publish(_CALL)
                await device.wait_acknowledged(_PATIENCE_S)
            except (DeviceError, OSError, TimeoutError):
                await asyncio.sleep(0.5)
            else:
                return
            finally:
                await device.close()

    async def every(self, seconds: float, stop: asyncio.Event) -> None:
        """Press again and again until told to stop. [s]."""
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                group.create_task(self.press())
                await asyncio.sleep(seconds)

    async def storm(self, count: int, within_s: float) -> list[str]:
        """Have many press within a time; return who. [s]."""
        before = set(self.pressed_s)
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self.press())
                await asyncio.sleep(within_s / count)
        return [one for one in self.pressed_s if one not in before]

    def told_after_s(self) -> dict[str, float]:
        """Return how long after the press each was told first; who was not is left out. [s]."""
        told: dict[str, float] = {}
        for call in tuple(self._phone.calls):
            body = json.loads(call.body)
            if body["kind"] == "sos" and body["resident_id"] in self.pressed_s:
                told.setdefault(body["resident_id"], call.at_s)
        return {who: at_s - self.pressed_s[who] for who, at_s in told.items()}
