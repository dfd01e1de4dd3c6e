"""Who is not registered, and who speaks in another's name: nothing of it becomes anybody's reading."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from paho.mqtt import publish

from anhu.contract import topics
from anhu.contract.clock import SystemClock
from simulators import mqtt_packets as packets
from tests.faults.cable import HOST
from tests.faults.fault import Fault
from tests.faults.setup import Setup
from tests.faults.world import World

_LISTENS_S = 5.0


def _claim(world: World) -> bytes:
    """Return a reading that nobody has sent: the properties would call it invented."""
    now_ms = SystemClock().now_ms()
    return json.dumps({"v": 1, "time": now_ms - 5, "values": {"weight": world.rng.uniform(40, 90)}}).encode()


async def _through_the_broker(world: World) -> None:
    """A broker tells no sender: what no registered device may say is kept as it came, with the reason."""
    broker = world.services.mosquitto
    assert broker is not None
    stranger = f"stranger-{world.rng.randrange(10**9)}"
    payload = _claim(world)
    topic = topics.for_device(topics.UP, stranger)
    await asyncio.to_thread(publish.single, topic, payload, 1, hostname=HOST, port=broker.port)
    await world.callers.call_for_help()
    await world.until(lambda: payload in world.insides.letters().payloads, "a stranger's message is a dead letter")


async def _at_the_door(world: World) -> None:
    """Connect with a wrong secret, and, as a registered device, publish for another one: answered, and nobody's."""
    thief, victim = world.callers.throwaway_credential(), world.rng.choice(world.walkers).device_id
    greeting = packets.connect(thief.device_id, thief.device_id, "wrong" * 5, 60)
    assert not await _says(world, greeting)
    greeting = packets.connect(thief.device_id, thief.device_id, thief.secret, 60)
    payload = _claim(world)
    assert await _says(world, greeting + packets.publish(topics.for_device(topics.UP, victim), payload, 1))
    await world.callers.call_for_help()
    await world.until(lambda: payload in world.insides.letters().payloads, "what is said for another is a dead letter")


async def _says(world: World, what: bytes) -> bool:
    """Say something to the front door; tell whether it acknowledged a message."""
    kinds: list[int] = []
    with suppress(OSError, TimeoutError):
        reader, writer = await asyncio.open_connection(HOST, world.wires.device_cable.port)
        try:
            writer.write(what)
            buffer = bytearray()
            async with asyncio.timeout(_LISTENS_S):
                while data := await reader.read(1_000):
                    buffer += data
                    kinds += [kind for kind, _ in packets.cut(buffer)]
        finally:
            writer.transport.abort()
    return packets.PUBACK in kinds


def _broker(setup: Setup) -> bool:
    return setup.route == "broker"


FAULTS = (
    Fault("unknown devices through the broker", _through_the_broker, _broker),
    Fault("wrong secrets, and a device that speaks for another", _at_the_door, lambda s: s.route == "door"),
)
