"""Two gateways behind a balancer: whoever comes in by the other one is not away, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from anhu.contract.clock import SystemClock
from anhu.contract.observation import Event, Scalar
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import queue_command, update_device
from tests.smoke.door_pair import SECRET, Client, DoorPair
from tests.smoke.installation import until
from tests.smoke.swarm import Swarm

_MANY = [f"m-{nth}" for nth in range(500)]
_OTHERS = ["w-1", "w-2", "w-3", "w-4", "w-5", "w-6", "w-7"]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, postgres_database: Callable[[], str]) -> Iterator[DoorPair]:
    with DoorPair(tmp_path_factory.mktemp("doors"), postgres_database(), _OTHERS) as made:
        yield made


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory, postgres_database: Callable[[], str]) -> Iterator[DoorPair]:
    with DoorPair(tmp_path_factory.mktemp("doors"), postgres_database(), [*_OTHERS, *_MANY], drain_s="3") as made:
        yield made


def _ask(pair: DoorPair, device_id: str, text: str) -> None:
    sessions, now_ms = open_sessions(pair.database), SystemClock().now_ms()
    with sessions.begin() as session:
        queue_command(
            session,
            device_id=device_id,
            name="text",
            now_ms=now_ms,
            expires_at_ms=now_ms + 60_000,
            arguments={"text": text},
        )
    close_sessions(sessions)


def _listening(client: Client) -> Client:
    client.paho.subscribe(f"anhu/v1/{client.device_id}/commands", qos=1)
    client.say('{"v": 1, "values": {"heart_rate": 70}}')
    client.paho.reconnect_delay_set(60, 60)
    return client


def _states(pair: DoorPair, device_id: str) -> list[str]:
    return [state for _, state, _ in pair.connections(device_id)]


def _is_away(pair: DoorPair, device_id: str) -> bool:
    return _states(pair, device_id)[-1] == "off"


def _has_ended(client: Client) -> bool:
    return bool(client.ended)


def _has_heard(client: Client) -> bool:
    return bool(client.heard)


def test_a_device_that_comes_in_by_the_other_door(lasting: DoorPair) -> None:
    for version, device in ((4, "w-1"), (5, "w-2")):
        first = _listening(Client(device, version=version).connect(lasting.a.mqtt_port))
        second = Client(device, version=version).connect(lasting.b.mqtt_port)
        until(partial(_has_ended, first))
        assert second.came == [True], "its session is there"
        _ask(lasting, device, "hello")
        until(partial(_has_heard, second))
        second.say('{"v": 1, "values": {"heart_rate": 71}}')
        assert [json.loads(one)["command"] for one in second.heard] == ["text"]
        assert _states(lasting, device) == ["on", "on"], "it was never away"
        first.close()
        second.close()
        until(partial(_is_away, lasting, device))


def test_a_command_that_was_not_acknowledged_at_one_door_comes_again_at_the_other(lasting: DoorPair) -> None:
    first = _listening(Client("w-7").keep_silent().connect(lasting.a.mqtt_port))
    _ask(lasting, "w-7", "hello")
    until(partial(_has_heard, first))
    second = Client("w-7").connect(lasting.b.mqtt_port)
    assert second.came == [True], "its session is there"
    until(partial(_has_heard, second))
    assert first.heard == second.heard, "the same command, under the same name"
    time.sleep(1)
    assert len(second.heard) == 1, "acknowledged now"
    first.close()
    second.close()


def test_a_will_of_whoever_moved_is_not_said_and_of_whoever_broke_off_is(lasting: DoorPair) -> None:
    for device in ("w-3", "w-4"):
        first = Client(device)
        first.paho.will_set(f"anhu/v1/{device}/up", '{"v": 1, "values": {"battery": 1}}', qos=1)
        _listening(first.connect(lasting.a.mqtt_port))
        second = Client(device).connect(lasting.b.mqtt_port) if device == "w-3" else None
        if second is None:
            first.lose()
        until(partial(_has_ended, first), partial(str, device))
        if second is not None:
            second.say('{"v": 1, "values": {"heart_rate": 71}}')
            second.close()
        until(partial(_is_away, lasting, device))
        first.paho.loop_stop()
    said = [
        r.device_id for r in lasting.said() for o in r.observations if isinstance(o, Scalar) and o.quantity == "battery"
    ]
    assert said == ["w-4"]


def test_two_gadgets_with_one_secret_at_two_doors_are_told(lasting: DoorPair) -> None:
    both = [Client("w-5") for _ in range(2)]
    for client in both:
        client.paho.reconnect_delay_set(1, 1)
    both[0].connect(lasting.a.mqtt_port)
    both[1].connect(lasting.b.mqtt_port)
    faults: list[Event] = []

    def told() -> bool:
        for reading in lasting.said():
            faults.extend(o for o in reading.observations if isinstance(o, Event) and o.kind == "sensor_fault")
        return bool(faults)

    until(told)
    assert faults[0].attributes["reason"] == "shared_credential"
    for client in both:
        client.close()


def test_what_is_revoked_is_cut_off_at_both_doors(lasting: DoorPair) -> None:
    first = _listening(Client("w-6", client_id="one").connect(lasting.a.mqtt_port))
    second = _listening(Client("w-6", client_id="two").connect(lasting.b.mqtt_port))
    sessions = open_sessions(lasting.database)
    with sessions.begin() as session:
        update_device(session, "w-6", {"enabled": False})
    until(lambda: first.ended and second.ended)
    close_sessions(sessions)
    first.paho.loop_stop()
    second.paho.loop_stop()


def test_a_killed_door_loses_nothing_and_its_devices_come_in_by_the_other(pair: DoorPair) -> None:
    async def live() -> Swarm:
        swarm = Swarm(_MANY, pair.port, SECRET, every_s=4.0)
        await swarm.begin()
        await swarm.until_connected(180)
        await asyncio.sleep(3)
        before = [one.connects for one in swarm.devices]
        pair.a.kill()
        for one in swarm.devices[:20]:
            one.calls = 1
        await asyncio.sleep(0.3)
        await swarm.until_connected(180)
        async with asyncio.timeout(120):
            while any(one.calls for one in swarm.devices):  # noqa: ASYNC110 - of other tasks
                await asyncio.sleep(0.1)
        moved = sum(one.connects > was for one, was in zip(swarm.devices, before, strict=True))
        assert 150 < moved < 350, "half of them were at that door"
        await asyncio.sleep(2)
        await swarm.end()
        return swarm

    swarm = asyncio.run(live())
    kept: dict[str, set[float]] = {}
    calls = set()
    for reading in pair.said():
        for one in reading.observations:
            if isinstance(one, Scalar) and one.quantity == "steps":
                kept.setdefault(reading.device_id, set()).add(one.value)
            if isinstance(one, Event) and one.kind == "sos":
                calls.add(reading.device_id)
    missing = [(d.device_id, n) for d in swarm.devices for n in d.acknowledged if n not in kept[d.device_id]]
    assert missing == []
    assert calls == {one.device_id for one in swarm.devices[:20]}


def test_a_door_that_ends_sends_its_devices_away_spread_and_none_is_away(pair: DoorPair) -> None:
    async def live() -> Swarm:
        swarm = Swarm(_MANY[:100], pair.port, SECRET, every_s=2.0)
        await swarm.begin()
        await swarm.until_connected(180)
        pair.a.signal(signal.SIGTERM)
        await asyncio.to_thread(pair.a.wait)
        await swarm.until_connected(20)
        await asyncio.sleep(2)
        await swarm.end()
        return swarm

    swarm = asyncio.run(live())
    kept: dict[str, set[float]] = {}
    for reading in pair.said():
        for one in reading.observations:
            if isinstance(one, Scalar) and one.quantity == "steps":
                kept.setdefault(reading.device_id, set()).add(one.value)
    assert [(d.device_id, n) for d in swarm.devices for n in d.acknowledged if n not in kept[d.device_id]] == []
    offs = [d.device_id for d in swarm.devices if "off" in _states(pair, d.device_id)[:-1]]
    assert offs == []
