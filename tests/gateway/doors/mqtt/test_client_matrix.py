"""Each client at hand, in each version it speaks: what it says that is nobody's does not stand before its call.

The table in `gateway/README.md` says which were tried with what.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import gmqtt
import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

import gateway
from tests.gateway.doors.mqtt.clients import Client, until
from tests.gateway.doors.mqtt.doors import SECRET, Door
from tests.gateway.doors.mqtt.test_other_clients import node_mqtt

__all__ = ["node_mqtt"]
UP = "anhu/v1/dev-1/up"
CALL = '{"v":1,"events":[{"kind":"sos"}]}'
PAHO = {"3.1": paho.MQTTv31, "3.1.1": paho.MQTTv311, "5": paho.MQTTv5}
IN_FRONT = ("device/status", "homeassistant/sensor/x/config", "$SYS/broker/connection/x/state")


def _called(door: Door) -> bool:
    return [seen.quantity for one in door.log.readings() for seen in one.observations] == ["sos"]


def _refused(door: Door) -> Callable[[], bool]:
    return lambda: sum(times for kind, times, _ in door.notes.of("dev-1") if kind == "foreign") == len(IN_FRONT)


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", PAHO)
def test_paho(door: Door, version: str, qos: int) -> None:
    client = Client(door.port, PAHO[version])
    client.paho.will_set("device/status", "offline", qos=1, retain=True)
    with client:
        client.paho.subscribe("homeassistant/#", qos=1)
        for topic in IN_FRONT:
            client.paho.publish(topic, "online", qos=qos, retain=True)
        client.paho.publish(UP, CALL, qos=qos).wait_for_publish(5)
        until(lambda: _called(door))
        until(_refused(door))
        assert client.disconnected == []


@pytest.mark.parametrize("version", PAHO)
def test_paho_behind_a_message_over_the_limit(door: Door, version: str) -> None:
    with Client(door.port, PAHO[version]) as client:
        client.paho.publish(UP, b"x" * 1_200_000, qos=1)
        client.paho.publish(UP, CALL, qos=1).wait_for_publish(10)
        until(lambda: _called(door))
        until(lambda: door.notes.of("dev-1") == [("too_long", 1, UP)])
        assert client.disconnected == []


def test_a_client_that_sends_only_what_is_offered_sends_a_retained_call(door: Door) -> None:
    with Client(door.port, paho.MQTTv5) as client:
        assert getattr(client.offers[0], "RetainAvailable", 1) == 1  # Paho for Go and HiveMQ refuse to send at 0
        assert getattr(client.offers[0], "MaximumQoS", 2) == 2
        client.paho.publish(UP, CALL, qos=1, retain=True).wait_for_publish(5)
        until(lambda: _called(door))


def test_a_subscription_identifier_does_not_stand_before_the_call(door: Door) -> None:
    named = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
    named.SubscriptionIdentifier = 7
    with Client(door.port, paho.MQTTv5) as client:
        client.paho.subscribe("anhu/v1/dev-1/commands", options=SubscribeOptions(qos=1), properties=named)
        client.paho.publish(UP, CALL, qos=1).wait_for_publish(5)
        until(lambda: _called(door))
        assert client.disconnected == []


@pytest.mark.parametrize("version", [4, 5])
def test_gmqtt(door: Door, version: int) -> None:
    async def run() -> None:
        will = gmqtt.Message("device/status", "offline", will_delay_interval=3, qos=1, retain=True)
        client = gmqtt.Client("g1", will_message=will)
        client.set_auth_credentials("dev-1", SECRET)
        await client.connect("127.0.0.1", door.port, version=version)
        client.subscribe("homeassistant/#", qos=1)
        for topic in IN_FRONT:
            client.publish(topic, "online", qos=1, retain=True)
        client.publish(UP, CALL, qos=1)
        await asyncio.to_thread(until, lambda: _called(door))
        await asyncio.to_thread(until, _refused(door))
        gone = asyncio.Event()
        client.on_disconnect = lambda *_: gone.set()
        await client.disconnect()
        async with asyncio.timeout(5):
            await gone.wait()

    asyncio.run(run())


@pytest.mark.parametrize("version", ["3", "4", "5"])
def test_the_node_client(door: Door, node_mqtt: Path, version: str) -> None:
    program = """
      const mqtt = require("module").createRequire(process.env.NODE_MQTT_FOLDER + "/")("mqtt");
      const [port, version, secret, up, call, ...front] = process.argv.slice(1);
      (async () => {
        const client = await mqtt.connectAsync("mqtt://127.0.0.1:" + port, {
          protocolVersion: Number(version), protocolId: version === "3" ? "MQIsdp" : "MQTT", clientId: "n1",
          username: "dev-1", password: secret, reconnectPeriod: 0, clean: false,
          will: { topic: "device/status", payload: Buffer.from("offline"), qos: 1, retain: true },
        });
        client.on("close", () => process.exit(3));
        await client.subscribeAsync(["homeassistant/#", "$SYS/#"], { qos: 1 });
        for (const topic of front) await client.publishAsync(topic, "online", { qos: 1, retain: true }).catch(() => {});
        await client.publishAsync(up, call, { qos: 1 });
        client.removeAllListeners("close");
        await client.endAsync();
      })();"""
    done = subprocess.run(
        ["node", "-e", program, str(door.port), version, SECRET, UP, CALL, *IN_FRONT],
        check=False,
        timeout=30,
        capture_output=True,
        text=True,
        env={**os.environ, "NODE_MQTT_FOLDER": str(node_mqtt)},
    )
    assert done.returncode == 0, done.stderr
    until(lambda: _called(door))
    until(_refused(door))


def test_curl(door: Door) -> None:
    where = f"mqtt://127.0.0.1:{door.port}"
    login = ["curl", "-sS", "--max-time", "5", "-u", f"dev-1:{SECRET}"]
    subprocess.run([*login, "-d", "online", f"{where}/device/status"], check=True, timeout=10)
    subprocess.run([*login, "-d", CALL, f"{where}/{UP}"], check=True, timeout=10)
    until(lambda: _called(door))


def test_the_table_names_what_is_tried_here() -> None:
    table = (Path(gateway.__file__).parent / "README.md").read_text("utf-8")
    for file in re.findall(r"`(test_\w+\.py)`", table[table.index("## Clients that were tried") :]):
        assert list(Path(__file__).parents[3].rglob(file)), file
