"""What stands in real homes: a bridge at its defaults, two sensors of one kind, a line that flaps, and thieves."""

from __future__ import annotations

import asyncio
import json
import tempfile
from functools import partial
from pathlib import Path

from anhu.contract import topics
from anhu.contract.clock import SystemClock
from tests.bench.attacks import ATTACKS, Target, attacking
from tests.faults.cable import HOST
from tests.faults.fault import Fault
from tests.faults.setup import Setup
from tests.faults.world import World
from tests.services.mosquitto import Mosquitto

_ATTACK_S = 8.0
_BESIDE_AN_ATTACK_S = 20.0


async def _bridge(world: World) -> None:
    """Call through a Mosquitto in the house that bridges to us as it comes; the gateway dies on the way."""
    device = world.callers.throwaway_credential()
    lines = (
        f"connection anhu\naddress {HOST}:{world.wires.device_cable.port}\nrestart_timeout 1\n"
        f"remote_username {device.device_id}\nremote_password {device.secret}\n"
        f"topic {topics.for_device(topics.UP, device.device_id)} out 1\n"
        f"topic {topics.for_device(topics.URGENT, device.device_id)} out 1\n"
    )
    with tempfile.TemporaryDirectory(prefix="bridge-", dir=world.folder) as folder:
        broker = Mosquitto(Path(folder), lines)
        await asyncio.to_thread(broker.start)
        try:
            sender = world.callers.sender(device, broker.port)
            await world.until(lambda: world.insides.connected(device.device_id), "the bridge is connected")
            await world.kill("gateway")
            call = await world.callers.call_by(sender)
            await world.until(lambda: world.callers.paged(call), "a call through a bridge reaches the doctor")
            await world.until(lambda: not sender.owed, "the bridge has answered")
            await sender.stop()
        finally:
            await asyncio.to_thread(broker.stop)


async def _two_sensors(world: World) -> None:
    """Let two sensors of a home find smoke and one be clear again, over a kill: the other's alarm stays open."""
    hub = world.callers.registered_sender()
    hub.start()
    for state, rooms in (("on", ("kitchen", "bedroom")), ("off", ("bedroom",))):
        for room in rooms:
            await hub.say_raw(_smoke(room, state), urgent=True)
        await world.until(lambda: not hub.owed, "the sensors are answered")
        await world.kill("alerts")
    expected = {f"{hub.device_id}:kitchen": False, f"{hub.device_id}:bedroom": True}
    await world.until(
        lambda: world.insides.members(hub.resident_id, "smoke") == expected, "the bedroom is clear, the kitchen not"
    )
    smoke = [a.is_open for a in world.insides.alerts("smoke") if a.resident_id == hub.resident_id]
    assert smoke == [True], smoke


def _smoke(room: str, state: str) -> bytes:
    event = {"kind": "smoke", "state": state, "source": room}
    return json.dumps({"v": 1, "time": SystemClock().now_ms(), "events": [event]}).encode()


async def _flapping_caller(world: World) -> None:
    """Break a caller's connection again and again, before and after the press."""
    sender = world.callers.sender(world.callers.throwaway_credential())
    for _ in range(15):
        await sender.flap()
        await asyncio.sleep(world.rng.uniform(0.02, 0.2))
    call = await world.callers.call_by(sender)
    for _ in range(15):
        await sender.flap()
        await asyncio.sleep(world.rng.uniform(0.02, 0.2))
    await world.until(lambda: world.callers.paged(call), "a call over a line that flaps reaches the doctor")


async def _attacked(name: str, world: World) -> None:
    """Have the door attacked with one stolen secret, or none: a call for help beside it is told in time."""
    await world.recovers()  # else the start of what was killed before would be timed
    stolen = world.callers.throwaway_credential()
    target = Target(world.installation.mqtt_port, world.installation.port, stolen)
    with attacking(name, target, _ATTACK_S):
        await asyncio.sleep(_ATTACK_S / 2)
        call = await world.callers.call_for_help()
        await world.until(lambda: world.callers.paged(call), f"a call is told beside {name}", _BESIDE_AN_ATTACK_S)
    page_s = min(page.at_s for page in world.callers.pages(call))
    world.ledger.note("call for help beside an attacker, page after s", page_s - call.sent_s)


def _door(setup: Setup) -> bool:
    return setup.route == "door"


FAULTS = (
    Fault("a bridge at its defaults", _bridge, _door, kills=1),
    Fault("two sensors of one home, one clear again", _two_sensors, kills=2),
    Fault("a caller whose line flaps", _flapping_caller),
    *(Fault(f"attack: {name}", partial(_attacked, name), _door) for name in ATTACKS),
)
