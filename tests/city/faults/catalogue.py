"""What can happen to a city: to its members and to its engines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from tests.city.faults.world import CityWorld
from tests.city.layout import KINDS
from tests.services.process import ServiceProcess

_REACHED_S = 90.0
_HOUR_MS = 3_600_000
_TAKEN_OVER_S = 20.0
_READERS = ("alerts", "ingest")
_STEPS = {
    "gateway": ("log.append", "puback"),
    "ingest": ("store.write", "position.commit"),
    "alerts": ("alert.transaction", "alert.findings", "position.commit"),
    "dispatcher": ("outbox.lease", "channel.send", "receipt"),
}
_MOST_PASSES = {"log.append": 60, "puback": 200, "store.write": 10, "position.commit": 10}


class CityFault(NamedTuple):
    """Something that happens to a city, and ends: when `inject` returns, the world around it is whole.

    Attributes
    ----------
    kills : int
        How many processes it kills.
    """

    name: str
    inject: Callable[[CityWorld], Awaitable[None]]
    kills: int = 0


async def _any_time(kind: str, world: CityWorld) -> None:
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(0.0, 1.0))
    await world.kill(await world.any_of(kind), down_s=world.rng.choice((0.0, 0.0, 3.0)))


async def _all_of(kind: str, world: CityWorld) -> None:
    await world.callers.call_for_help()
    await asyncio.gather(*(world.kill(one, down_s=2.0) for one in world.city.of(kind) if one.process.runs))
    await world.callers.call_for_help()


async def _at_a_point(kind: str, point: str, world: CityWorld) -> None:
    """Let all of a kind die at a step; each does when it comes to it, the first at the latest soon."""
    most = _MOST_PASSES.get(point.rpartition(".")[0], 1)
    passes = world.rng.randint(1, most)
    armed = [(one, world.arms[one.name].crash(kind, point, after_passes=passes)) for one in world.city.of(kind)]
    await world.callers.call_for_help()
    await world.until(lambda: not all(file.exists() for _, file in armed), f"one {kind} comes to {point}", _REACHED_S)
    for _, file in armed:
        if file.exists():
            file.unlink(missing_ok=True)
        else:
            world.ledger.killed(f"{kind} {point}")


async def _zombie(kind: str, for_s: float, world: CityWorld) -> None:
    """Freeze a member until somebody else has its work, and let it go on as if nothing had been."""
    member = await world.any_of(kind)
    member.process.pause()
    await world.callers.call_for_help()
    await asyncio.sleep(for_s)
    await world.callers.call_for_help()
    member.process.go_on()
    await world.callers.call_for_help()


async def _heir_is_killed(kind: str, world: CityWorld) -> None:
    """Freeze a member, kill the one that took over, wake the first: it was fenced and must take its own again."""
    first, second = world.city.of(kind)
    first.process.pause()
    await world.callers.call_for_help()
    await asyncio.sleep(_TAKEN_OVER_S)
    await world.kill(second, down_s=1.0)
    first.process.go_on()
    await world.callers.call_for_help()


async def _cut_off(kind: str, dead: str, world: CityWorld) -> None:
    """Cut a member off the database: refused, or without a word."""
    cable = world.cables[(await world.any_of(kind)).name]
    cable.switch("dead" if dead else "cut")
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(5.0, _TAKEN_OVER_S))
    cable.switch("sound")


async def _down(world: CityWorld, *processes: ServiceProcess, for_s: float) -> None:
    for one in processes:
        await asyncio.to_thread(one.kill)
    await world.callers.call_for_help()
    await asyncio.sleep(for_s)


async def _brokers(count: int, world: CityWorld) -> None:
    """Kill brokers, the one that leads a partition first."""
    kafka = world.city.kafka
    partition = world.rng.randrange(world.city.size.partitions)
    leader = await asyncio.to_thread(kafka.leader, "anhu-log", partition)
    others = [one for one in kafka.brokers if one is not leader]
    chosen = [leader, *world.rng.sample(others, count - 1)]
    await _down(world, *(one.process for one in chosen), for_s=world.rng.uniform(1.0, 8.0))
    for one in chosen:
        world.ledger.killed("broker")
        await asyncio.to_thread(kafka.start_again, one)
    await asyncio.to_thread(kafka.wait_until_known, len(kafka.brokers))


async def _frozen_broker(world: CityWorld) -> None:
    partition = world.rng.randrange(world.city.size.partitions)
    leader = await asyncio.to_thread(world.city.kafka.leader, "anhu-log", partition)
    leader.process.pause()
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(5.0, 15.0))
    leader.process.go_on()


async def _broker_is_full(world: CityWorld) -> None:
    """Fill the disk of a broker until it gives up; a hand makes room and starts it again."""
    number = world.rng.randrange(len(world.city.kafka.brokers))
    broker, disk = world.city.kafka.brokers[number], world.disks[number]
    disk.fill()
    await world.callers.call_for_help()
    await asyncio.sleep(10.0)
    await world.callers.call_for_help()
    disk.free()
    await asyncio.to_thread(broker.process.kill)
    world.ledger.killed("broker")
    await asyncio.to_thread(world.city.kafka.restart, broker)


async def _database(world: CityWorld) -> None:
    await _down(world, world.city.postgres.process, for_s=world.rng.uniform(0.0, 5.0))
    world.ledger.killed("PostgreSQL")
    await asyncio.to_thread(world.city.postgres.start)


async def _frozen_database(world: CityWorld) -> None:
    process = world.city.postgres.process
    process.pause()
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(3.0, 10.0))
    process.go_on()


async def _stores(count: int, world: CityWorld) -> None:
    chosen = world.rng.sample(world.city.stores, count)
    await _down(world, *(one.process for one in chosen), for_s=world.rng.uniform(2.0, 10.0))
    for one in chosen:
        world.ledger.killed("InfluxDB")
        await asyncio.to_thread(one.start)


async def _frozen_store(world: CityWorld) -> None:
    process = world.rng.choice(world.city.stores).process
    process.pause()
    await world.callers.call_for_help()
    await asyncio.sleep(world.rng.uniform(5.0, 12.0))
    process.go_on()


async def _balancer(world: CityWorld) -> None:
    await _down(world, world.city.balancer.process, for_s=world.rng.uniform(0.0, 2.0))
    world.ledger.killed("balancer")
    await asyncio.to_thread(world.city.balancer.process.start)


async def _everything(world: CityWorld) -> None:
    """The power of the whole hall fails; engines and members come back together."""
    city = world.city
    await world.callers.call_for_help()
    names = {*city.members}
    world.down |= names
    broken = [one.process for one in city.members.values()]
    broken += [city.postgres.process, *(one.process for one in city.kafka.brokers)]
    broken += [one.process for one in city.stores]
    await asyncio.gather(*(asyncio.to_thread(one.kill) for one in broken))
    world.ledger.killed("everything")
    world.down -= names
    for broker in city.kafka.brokers:
        await asyncio.to_thread(city.kafka.start_again, broker)
    await asyncio.to_thread(city.postgres.start)
    for store in city.stores:
        await asyncio.to_thread(store.start)


async def _clock(kinds: tuple[str, ...], by_ms: int, world: CityWorld) -> None:
    """Set the clocks of some members wrong; of one only, where one kind is named."""
    found = [one for kind in kinds for one in world.city.of(kind)]
    some = found if len(kinds) > 1 else [world.rng.choice(found)]
    for one in some:
        world.arms[one.name].step_clock(by_ms)
    await world.recovers()
    for one in some:
        world.arms[one.name].step_clock(0)


async def _rolling(world: CityWorld) -> None:
    """End and start every member in turn, as an upgrade does, while residents call."""
    for member in world.city.members.values():
        world.down.add(member.name)
        await world.callers.call_for_help()
        await asyncio.to_thread(member.process.stop)
        await world.callers.call_for_help()
        await asyncio.to_thread(member.process.start)
        world.down.discard(member.name)
    await world.recovers()


FAULTS = (
    *(CityFault(f"kill one {kind} at any time", partial(_any_time, kind), kills=1) for kind in KINDS),
    *(CityFault(f"kill every {kind}", partial(_all_of, kind), kills=2) for kind in KINDS[:-1]),
    *(
        CityFault(f"kill {kind} {step}.{side}", partial(_at_a_point, kind, f"{step}.{side}"), kills=1)
        for kind, steps in _STEPS.items()
        for step in steps
        for side in ("before", "after")
    ),
    CityFault("kill a leading broker", partial(_brokers, 1), kills=1),
    CityFault("kill two brokers: no quorum", partial(_brokers, 2), kills=2),
    CityFault("kill all brokers", partial(_brokers, 3), kills=3),
    CityFault("kill PostgreSQL", _database, kills=1),
    CityFault("kill a county's store", partial(_stores, 1), kills=1),
    CityFault("kill both stores", partial(_stores, 2), kills=2),
    CityFault("kill the balancer", _balancer, kills=1),
    CityFault("kill everything", _everything, kills=1),
    *(CityFault(f"kill the heir of a frozen {kind}", partial(_heir_is_killed, kind), kills=1) for kind in _READERS),
    CityFault("disk of a broker full", _broker_is_full, kills=1),
    *(CityFault(f"zombie: {kind}", partial(_zombie, kind, _TAKEN_OVER_S)) for kind in _READERS),
    CityFault("zombie: dispatcher", partial(_zombie, "dispatcher", 45.0)),
    CityFault("zombie: gateway", partial(_zombie, "gateway", 8.0)),
    CityFault("zombie: api", partial(_zombie, "api", 8.0)),
    *(
        CityFault(f"{kind} off the database{', no word' if dead else ''}", partial(_cut_off, kind, dead))
        for kind in ("gateway", "ingest", "alerts", "dispatcher", "api")
        for dead in ("", "dead")
    ),
    CityFault("freeze a leading broker", _frozen_broker),
    CityFault("freeze PostgreSQL", _frozen_database),
    CityFault("freeze a county's store", _frozen_store),
    *(
        CityFault(f"clock of one {kind} an hour {word}", partial(_clock, (kind,), by_ms))
        for kind in ("gateway", "alerts", "ingest", "dispatcher")
        for word, by_ms in (("ahead", _HOUR_MS), ("behind", -_HOUR_MS))
    ),
    CityFault("all clocks an hour ahead and back", partial(_clock, KINDS, _HOUR_MS)),
    CityFault("rolling upgrade", _rolling),
)
