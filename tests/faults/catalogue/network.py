"""The network between any two parts: cut, dead without a word (half-open), slow, its connections forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from tests.faults.cable import Cable, Mode
from tests.faults.fault import Fault
from tests.faults.setup import Setup
from tests.faults.world import World

_CABLES: dict[str, tuple[Callable[[World], Cable | None], Callable[[Setup], bool]]] = {
    "devices": (lambda w: w.wires.device_cable, lambda _: True),
    "broker": (lambda w: w.wires.broker_cable, lambda s: s.route == "broker"),
    "InfluxDB": (lambda w: w.wires.influx_cable, lambda s: s.store == "influxdb"),
    "provider": (lambda w: w.wires.doctor_cable, lambda _: True),
    "PostgreSQL": (lambda w: w.wires.database_cable, lambda s: s.database == "postgresql"),
}
_MODES: tuple[Mode, ...] = ("cut", "dead", "slow")


async def _for_a_while(which: Callable[[World], Cable | None], mode: Mode, world: World) -> None:
    cable = which(world)
    assert cable is not None
    await world.callers.call_for_help()
    cable.switch(mode)
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(1.0, 6.0))
    cable.switch("sound")


async def _forgotten(which: Callable[[World], Cable | None], world: World) -> None:
    cable = which(world)
    assert cable is not None
    await world.callers.call_for_help()
    cable.forget_all()


FAULTS = (
    *(
        Fault(f"network to {name} {mode}", partial(_for_a_while, which, mode), fits)
        for name, (which, fits) in _CABLES.items()
        for mode in _MODES
    ),
    *(
        Fault(f"network to {name} forgets its connections", partial(_forgotten, which), fits)
        for name, (which, fits) in _CABLES.items()
    ),
)
