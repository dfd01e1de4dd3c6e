"""The front door as gmqtt, mosquitto's tools and the Node client see it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

import gmqtt
import pytest

from gateway.codec import Command
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door
from tests.services.finding import cache_folder

HEART = '{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"
COMMANDS = "anhu/v1/dev-1/commands"
NODE_MQTT = "mqtt@5.16.0"
ASK = ("dev-1", Command(name="ask_ok", command_id="c-1"))


@pytest.mark.parametrize("version", [4, 5])
def test_gmqtt_publishes_and_hears(door: Door, version: int) -> None:
    async def run() -> list[bytes]:
        heard: list[bytes] = []
        client = gmqtt.Client("g1")
        client.set_auth_credentials("dev-1", SECRET)
        client.on_message = lambda _c, _t, payload, _q, _p: heard.append(payload) or 0  # type: ignore[func-returns-value]
        await client.connect("127.0.0.1", door.port, version=version)
        client.subscribe(COMMANDS, qos=1)
        for qos in (0, 1, 2):
            client.publish(UP, HEART, qos=qos)
        door.commands.waiting.append(ASK)
        await asyncio.to_thread(until, lambda: heard and len(door.log.readings()) == 3 and door.commands.done)
        gone = asyncio.Event()
        client.on_disconnect = lambda *_: gone.set()
        await client.disconnect()
        async with asyncio.timeout(5):
            await gone.wait()  # else its socket is left open when the loop ends
        return heard

    heard = asyncio.run(run())
    assert json.loads(heard[0])["id"] == "c-1"


@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
@pytest.mark.parametrize("qos", ["0", "1", "2"])
def test_mosquitto_pub_publishes(door: Door, version: str, qos: str) -> None:
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "dev-1", "-P", SECRET, "-V", version, "-q", qos]
    subprocess.run(["mosquitto_pub", *login, "-t", UP, "-m", HEART], check=True, timeout=10)
    until(lambda: len(door.log.readings()) == 1)


@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
def test_mosquitto_sub_hears_a_command(door: Door, version: str) -> None:
    door.commands.waiting.append(ASK)
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "dev-1", "-P", SECRET, "-V", version, "-q", "1"]
    done = subprocess.run(
        ["mosquitto_sub", *login, "-t", COMMANDS, "-C", "1"], check=True, timeout=10, capture_output=True
    )
    assert json.loads(done.stdout)["id"] == "c-1"
    until(lambda: door.commands.done == ["c-1"])


def test_mosquitto_pub_is_told_a_wrong_secret(door: Door) -> None:
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "dev-1", "-P", "wrong"]
    done = subprocess.run(
        ["mosquitto_pub", *login, "-t", UP, "-m", HEART], check=False, timeout=10, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "not authori" in done.stderr.lower() or "bad user name" in done.stderr.lower()


@pytest.fixture(scope="session")
def node_mqtt() -> Path:
    """Install the Node client once a machine, outside the repository."""
    folder = cache_folder() / "node-mqtt" / NODE_MQTT.partition("@")[2]
    if not (folder / "node_modules" / "mqtt" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), NODE_MQTT]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    return folder


@pytest.mark.parametrize("version", ["4", "5"])
@pytest.mark.parametrize("qos", ["0", "1", "2"])
def test_the_node_client_publishes_and_hears(door: Door, node_mqtt: Path, version: str, qos: str) -> None:
    door.commands.waiting.append(ASK)
    program = Path(__file__).with_name("node_client.mjs")
    done = subprocess.run(
        ["node", str(program), str(door.port), version, qos],
        check=True,
        timeout=30,
        capture_output=True,
        env={**os.environ, "NODE_MQTT_FOLDER": str(node_mqtt)},
    )
    said = json.loads(done.stdout)
    assert json.loads(said["command"])["id"] == "c-1"
    until(lambda: door.commands.done == ["c-1"])
    until(lambda: len(door.log.readings()) == 1)
