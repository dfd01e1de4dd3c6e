"""A revoked device is shut out by a real Mosquitto itself, through its dynamic security, and let in again."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from anhu.contract.clock import SystemClock
from gateway.directory import DeviceEntry
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.broker.broker_route import CODECS, until
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, device
from tests.gateway.memory_strangers import MemoryStrangers
from tests.services.guarded_broker import OURS, allow_everything, can_be_guarded, guarding, open_accounts
from tests.services.mosquitto import Mosquitto

DEVICE = ("dev-1", "device-secret-1")


@pytest.fixture
def guarded(mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> Mosquitto:
    """A broker whose accounts are those of its dynamic security: ours, and one device's."""
    if not can_be_guarded():
        pytest.skip("this machine's Mosquitto has no dynamic security")
    broker = mosquitto(guarding(tmp_path))
    allow_everything(broker)
    open_accounts(broker, dict([DEVICE]))
    return broker


class Client:
    """A device at the broker."""

    def __init__(self, broker: Mosquitto, secret: str = DEVICE[1]) -> None:
        self.ended, self.answered, self.is_in = threading.Event(), threading.Event(), False
        self.times_let_in = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=DEVICE[0], protocol=paho.MQTTv5)
        self._client.username_pw_set(DEVICE[0], secret)
        self._client.on_connect = self._connected
        self._client.on_disconnect = lambda *_: self.ended.set()
        self._client.reconnect_delay_set(60, 60)
        self._client.connect(broker.host, broker.port, keepalive=30)
        self._client.loop_start()
        assert self.answered.wait(10)

    def _connected(self, _client: object, _user: object, _flags: object, reason: ReasonCode, _more: object) -> None:
        self.is_in = not reason.is_failure
        self.times_let_in += self.is_in
        self.answered.set()

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@asynccontextmanager
async def subscribed(broker: Mosquitto, directory: MemoryDirectory) -> AsyncIterator[BrokerSubscriber]:
    """Read along at the broker with an account that may shut devices out."""
    ours = BrokerSettings(
        host=broker.host,
        port=broker.port,
        client_id="anhu-test",
        user_name=OURS[0],
        password=OURS[1],
        shuts_out=True,
        directory_poll_s=0.05,
    )
    intake, clock = Intake(CODECS, MemoryLog(), SystemClock()), SystemClock()
    made = BrokerSubscriber(
        intake=intake,
        directory=directory,
        commands=MemoryCommands(),
        clock=clock,
        settings=ours,
        quarantine=Quarantine(intake, MemoryStrangers(), clock),
    )
    await made.start()
    try:
        await until(lambda: made.health()["connected_now"])
        yield made
    finally:
        await made.close()


async def let_in(broker: Mosquitto, secret: str = DEVICE[1]) -> bool:
    """Tell whether a device gets in now."""
    one = await asyncio.to_thread(Client, broker, secret)
    one.close()
    return one.is_in


def test_a_revoked_device_is_cut_off_by_the_broker_and_let_in_again(guarded: Mosquitto) -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        directory.put(device())
        async with subscribed(guarded, directory) as subscriber:
            watch = await asyncio.to_thread(Client, guarded)
            assert watch.is_in
            directory.put(dataclasses.replace(device(), enabled=False))
            assert await asyncio.to_thread(watch.ended.wait, 10)
            watch.close()
            assert not await let_in(guarded)
            directory.put(device())
            await until(lambda: subscriber.health()["access_told"] >= 2)
            tries = 0
            while not await let_in(guarded):
                tries += 1
                assert tries < 50
            assert subscriber.health()["access_refused"] == 0

    asyncio.run(run())


def kept(secret: str, *, enabled: bool = True) -> DeviceEntry:
    """Return the device with a secret that the register can still read."""
    return dataclasses.replace(device(secret=secret), signing_secret=secret, enabled=enabled)


async def lets_in(broker: Mosquitto, secret: str) -> None:
    """Wait until a device gets in with a secret."""
    tries = 0
    while not await let_in(broker, secret):
        tries += 1
        assert tries < 50


def test_a_new_secret_reaches_the_broker_and_cuts_off_whoever_has_the_old_one(guarded: Mosquitto) -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        directory.put(device())
        async with subscribed(guarded, directory) as subscriber:
            thief = await asyncio.to_thread(Client, guarded)
            assert thief.is_in
            directory.put(kept("another-secret-of-20-bytes"))
            assert await asyncio.to_thread(thief.ended.wait, 10)
            thief.close()
            await lets_in(guarded, "another-secret-of-20-bytes")
            assert not await let_in(guarded)
            assert subscriber.health()["access_refused"] == 0

    asyncio.run(run())


def test_what_changed_while_nobody_told_the_broker_is_told_when_we_are_back(guarded: Mosquitto) -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        directory.put(kept("another-secret-of-20-bytes", enabled=False))
        async with subscribed(guarded, directory) as subscriber:
            await until(lambda: subscriber.health()["access_told"])
            tries = 0
            while await let_in(guarded):
                tries += 1
                assert tries < 50
        directory.put(kept("another-secret-of-20-bytes"))
        async with subscribed(guarded, directory):
            await lets_in(guarded, "another-secret-of-20-bytes")
            assert not await let_in(guarded)

    asyncio.run(run())


def test_a_secret_the_broker_has_is_not_told_again_and_nobody_is_thrown_out_for_it(guarded: Mosquitto) -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        directory.put(device())
        async with subscribed(guarded, directory):
            directory.put(kept("another-secret-of-20-bytes"))
            await lets_in(guarded, "another-secret-of-20-bytes")
        watch = await asyncio.to_thread(Client, guarded, "another-secret-of-20-bytes")
        async with subscribed(guarded, directory) as subscriber:
            directory.put(dataclasses.replace(kept("another-secret-of-20-bytes"), resident_id="r-other"))
            await until(lambda: subscriber.health()["access_told"])
            directory.put(kept("another-secret-of-20-bytes", enabled=False))
            assert await asyncio.to_thread(watch.ended.wait, 10)
            watch.close()

        assert watch.times_let_in == 1

    asyncio.run(run())


def test_our_own_account_is_never_shut_out_whatever_a_device_is_called(guarded: Mosquitto) -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        directory.put(dataclasses.replace(device(OURS[0]), enabled=False))
        directory.put(device())
        async with subscribed(guarded, directory) as subscriber:
            directory.put(dataclasses.replace(device(OURS[0]), enabled=False))
            directory.put(dataclasses.replace(device(), enabled=False))
            await until(lambda: subscriber.health()["access_told"])
            tries = 0
            while await let_in(guarded):
                tries += 1
                assert tries < 50
            assert subscriber.health()["connected_now"] == 1

    asyncio.run(run())


def test_a_change_that_could_not_be_looked_up_is_passed_on_once_it_can(guarded: Mosquitto) -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        directory.put(device())
        async with subscribed(guarded, directory):
            watch = await asyncio.to_thread(Client, guarded)
            directory.down = True
            directory.put(dataclasses.replace(device(), enabled=False))
            await asyncio.sleep(0.2)
            assert not watch.ended.is_set()
            directory.down = False
            assert await asyncio.to_thread(watch.ended.wait, 10)
            watch.close()

    asyncio.run(run())
