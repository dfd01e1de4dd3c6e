"""A device that is switched off and may still reach the broker: used nowhere, and heard when it calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.gateway.doors.broker.broker_route import route, until
from tests.gateway.doors.mqtt.doors import device
from tests.services.mosquitto import Mosquitto

UP = "anhu/v1/dev-1/up"
HEART = b'{"v":1,"values":{"heart_rate":61}}'


def test_a_device_that_is_switched_off_is_not_used_and_its_call_is_told(mosquitto: Callable[..., Mosquitto]) -> None:
    async def run() -> None:
        async with route(mosquitto()) as r:
            r.directory.put(device(enabled=False))
            await asyncio.to_thread(r.publish, UP, HEART)
            await asyncio.to_thread(r.publish, UP, b'{"v":1,"events":[{"kind":"sos"}]}')
            await until(lambda: r.subscriber.health()["acknowledged"] == 2)
            (told,) = r.log.readings()
            assert (told.device_id, told.resident_id, told.observations[0].quantity) == ("dev-1", "", "sos")
            assert [one.payload for one in r.log.undecoded()] == [HEART]
            assert r.strangers.held == []

    asyncio.run(run())
