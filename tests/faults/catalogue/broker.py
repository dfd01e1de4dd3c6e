"""The broker that was there before us: restarted with what it keeps, and with nothing."""

from __future__ import annotations

import asyncio
import json

from paho.mqtt import publish

from anhu.contract import topics
from anhu.contract.clock import SystemClock
from tests.faults.cable import HOST
from tests.faults.fault import Fault
from tests.faults.properties import has_all
from tests.faults.setup import Setup
from tests.faults.world import World
from tests.services.mosquitto import Mosquitto

_HOUR_MS = 3_600_000


def _broker(setup: Setup) -> bool:
    return setup.route == "broker"


async def _restarted(world: World) -> None:
    assert world.services.mosquitto is not None
    await world.callers.call_for_help()
    await asyncio.to_thread(world.services.mosquitto.stop)
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(0.0, 3.0))
    await asyncio.to_thread(world.services.mosquitto.start)


async def _kill_and_wipe(world: World) -> Mosquitto:
    """Kill it once we have all it promised (that it loses what it still held is its own promise), and wipe it.

    Nobody publishes until the gateway has subscribed again: a broker that forgot us keeps nothing for us.
    """
    broker = world.services.mosquitto
    assert broker is not None
    world.wires.device_cable.switch("cut")
    await asyncio.sleep(1.0)
    await world.until(lambda: world.settled() and has_all(world), "we have all that the broker promised")
    await asyncio.to_thread(broker.kill)
    (world.services.broker_folder / "mosquitto.db").unlink(missing_ok=True)
    return broker


async def _forgot_everything(world: World) -> None:
    broker = await _kill_and_wipe(world)
    await asyncio.to_thread(broker.start)
    await world.until(world.services.broker_knows_us, "the gateway has subscribed again")
    world.wires.device_cable.switch("sound")


async def _retained_copies(world: World) -> None:
    """Have the broker give us old copies, again at each subscription: each is kept once, an old call pages nobody."""
    assert world.wires.broker_cable is not None
    broker = await _kill_and_wipe(world)
    world.wires.broker_cable.switch("cut")
    await asyncio.to_thread(broker.start)
    device = world.callers.registered_sender()
    at_ms = SystemClock().now_ms() - _HOUR_MS
    copy = json.dumps({"v": 1, "time": at_ms, "values": {"spo2": 97}, "events": [{"kind": "sos"}]}).encode()
    device.said.add(copy)
    topic = topics.for_device(topics.UP, device.device_id)
    await asyncio.to_thread(publish.single, topic, copy, 1, retain=True, hostname=HOST, port=broker.port)
    world.wires.broker_cable.switch("sound")
    await world.until(world.services.broker_knows_us, "the gateway has subscribed again")
    world.wires.device_cable.switch("sound")
    point = (device.device_id, "spo2", at_ms)
    await world.until(lambda: world.insides.points()[point] == 1, "a retained copy is stored, once")
    await world.kill("gateway")
    await world.recovers()


FAULTS = (
    Fault("broker restarted with its data", _restarted, _broker),
    Fault("broker killed and wiped", _forgot_everything, _broker),
    Fault("old retained copies from the broker", _retained_copies, _broker, kills=1),
)
