"""The broker that was there before us: restarted with what it keeps, and with nothing."""

from __future__ import annotations

import asyncio

from tests.faults.fault import Fault
from tests.faults.setup import Setup
from tests.faults.world import World


def _broker(setup: Setup) -> bool:
    return setup.route == "broker"


async def _restarted(world: World) -> None:
    assert world.services.mosquitto is not None
    await world.call_for_help()
    await asyncio.to_thread(world.services.mosquitto.stop)
    await world.call_for_help()
    await asyncio.sleep(world.rng.uniform(0.0, 3.0))
    await asyncio.to_thread(world.services.mosquitto.start)


async def _forgot_everything(world: World) -> None:
    """Kill it once we have all it promised (that it loses what it still held is its own promise), and wipe it.

    Nobody publishes until the gateway has subscribed again: a broker that forgot us keeps nothing for us.
    """
    broker = world.services.mosquitto
    assert broker is not None
    world.device_cable.set("cut")
    await asyncio.sleep(1.0)
    await world.until(world.settled, "everything the broker had is settled")
    await asyncio.to_thread(broker.kill)
    (world.services.broker_folder / "mosquitto.db").unlink(missing_ok=True)
    await asyncio.to_thread(broker.start)
    await world.until(world.services.broker_knows_us, "the gateway has subscribed again")
    world.device_cable.set("sound")


FAULTS = (
    Fault("broker restarted with its data", _restarted, _broker),
    Fault("broker killed and wiped", _forgot_everything, _broker),
)
