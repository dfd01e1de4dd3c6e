"""A revoked device is shut out by a real Mosquitto itself, through its dynamic security, and let in again."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from anhu.contract.clock import SystemClock
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.broker.subscriber import BrokerSubscriber
from gateway.intake import Intake
from gateway.quarantine import Quarantine
from tests.gateway.doors.broker.broker_route import CODECS, until
from tests.gateway.doors.mqtt.doors import MemoryCommands, MemoryDirectory, MemoryLog, device
from tests.gateway.memory_strangers import MemoryStrangers
from tests.services.finding import find, need
from tests.services.mosquitto import Mosquitto

PLUGIN = Path("/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so")
OURS = ("anhu", "broker-secret-1")
DEVICE = ("dev-1", "device-secret-1")


@pytest.fixture
def guarded(mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> Mosquitto:
    """A broker whose accounts are those of its dynamic security: ours, and one device's."""
    if not PLUGIN.exists():
        pytest.skip("this machine's Mosquitto has no dynamic security")
    control, accounts = str(need(find("mosquitto_ctrl"), "mosquitto_ctrl")), tmp_path / "accounts.json"
    subprocess.run([control, "dynsec", "init", accounts, *OURS], check=True, capture_output=True, timeout=30)
    accounts.chmod(0o666)
    broker = mosquitto(
        f"allow_anonymous false\nper_listener_settings false\nplugin {PLUGIN}\nplugin_opt_config_file {accounts}"
    )
    ask = [control, "-h", broker.host, "-p", str(broker.port), "-u", OURS[0], "-P", OURS[1], "dynsec"]
    for words in (
        ["createRole", "all"],
        ["addRoleACL", "all", "publishClientSend", "#", "allow"],
        ["addRoleACL", "all", "subscribePattern", "#", "allow"],
        ["addClientRole", OURS[0], "all"],
        ["createClient", DEVICE[0], "-p", DEVICE[1]],
        ["addClientRole", DEVICE[0], "all"],
    ):
        subprocess.run([*ask, *words], check=True, capture_output=True, timeout=30)
    return broker


class Client:
    """A device at the broker."""

    def __init__(self, broker: Mosquitto) -> None:
        self.ended, self.answered, self.is_in = threading.Event(), threading.Event(), False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=DEVICE[0], protocol=paho.MQTTv5)
        self._client.username_pw_set(*DEVICE)
        self._client.on_connect = self._connected
        self._client.on_disconnect = lambda *_: self.ended.set()
        self._client.reconnect_delay_set(60, 60)
        self._client.connect(broker.host, broker.port, keepalive=30)
        self._client.loop_start()
        assert self.answered.wait(10)

    def _connected(self, _client: object, _user: object, _flags: object, reason: ReasonCode, _more: object) -> None:
        self.is_in = not reason.is_failure
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


async def let_in(broker: Mosquitto) -> bool:
    """Tell whether a device gets in now."""
    one = await asyncio.to_thread(Client, broker)
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
