"""A device announces itself at the real door, the gateway ends and comes again, and bare states raise the alarm."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from anhu.contract.clock import SystemClock
from anhu.contract.record import Reading
from gateway.announcements import Announcements
from gateway.codecs import discover
from gateway.doors.mqtt.server import Listener, MqttServer
from gateway.doors.mqtt.settings import MqttSettings
from gateway.intake import Intake
from tests.conformance.test_codec_flaws import on_the_desk
from tests.gateway.doors.mqtt.doors import SECRET, MemoryCommands, MemoryDirectory, MemoryLog, MemoryNotes, device
from tests.gateway.doors.mqtt.test_other_clients import node_mqtt

__all__ = ["node_mqtt"]
CODECS = discover()
SMOKE = (
    '{"device":{"identifiers":["zigbee2mqtt_0x00158d000205d552"],"name":"kitchen"},"device_class":"smoke",'
    '"payload_on":true,"payload_off":false,"state_topic":"zigbee2mqtt/kitchen",'
    '"availability":[{"topic":"zigbee2mqtt/bridge/state","value_template":"{{ value_json.state }}"}],'
    '"value_template":"{{ value_json.smoke }}"}'
)
CONFIG = "homeassistant/binary_sensor/0x00158d000205d552/smoke/config"


class Life:
    """One life of a gateway; what it leaves behind is the file of what was announced."""

    def __init__(self, file: Path) -> None:
        self.log, directory, clock = MemoryLog(), MemoryDirectory(), SystemClock()
        directory.put(device("home-1", codec="home_assistant_discovery"))
        self.announcements = Announcements(file)
        self.intake = Intake(CODECS, self.log, clock, self.announcements)
        self.server = MqttServer(
            intake=self.intake,
            directory=directory,
            commands=MemoryCommands(),
            notes=MemoryNotes(),
            clock=clock,
            listeners=(Listener(port=0),),
            settings=MqttSettings(),
        )

    async def says(self, topic: str, payload: str, *, retain: bool = False, qos: int = 1) -> None:
        """Publish as firmware does, and wait for the acknowledgement."""
        login = ["-h", "127.0.0.1", "-p", str(self.server.ports[0]), "-u", "home-1", "-P", SECRET, "-i", "home-1"]
        more = ["-r"] if retain else []
        command = ["mosquitto_pub", *login, "-q", str(qos), "-t", topic, "-m", payload, *more]
        done = await asyncio.create_subprocess_exec(*command)
        assert await asyncio.wait_for(done.wait(), 10) == 0

    def desk(self) -> list[tuple[str, str]]:
        """Return what the alarm engine finds in what came of the home's sensors."""
        return on_the_desk(self.readings())

    def readings(self) -> list[Reading]:
        return [one for one in self.log.readings() if one.device_id != "home-1"]


def lives(file: Path, *acts: Callable[[Life], Awaitable[None]]) -> None:
    async def one(act: Callable[[Life], Awaitable[None]]) -> None:
        life = Life(file)
        await life.server.start()
        try:
            await act(life)
        finally:
            await life.server.close()  # the file is not closed: a process that is killed closes nothing

    for act in acts:
        asyncio.run(one(act))


@pytest.mark.parametrize("qos", [1, 2])
def test_smoke_after_a_restart_is_smoke_though_the_configuration_never_comes_again(tmp_path: Path, qos: int) -> None:
    async def before(life: Life) -> None:
        await life.says(CONFIG, SMOKE, retain=True, qos=qos)
        await life.says("zigbee2mqtt/kitchen", '{"smoke":false,"battery":97}', qos=qos)
        assert [one.observations[0].quantity for one in life.readings()] == ["smoke"]
        assert life.intake.counters()["announced"] == 1

    async def after(life: Life) -> None:
        await life.says("zigbee2mqtt/kitchen", '{"smoke":true,"battery":97}', qos=qos)
        assert life.desk() == [("smoke", "HIGH")]
        assert [one.resident_id for one in life.readings()] == ["r-home-1"]
        assert life.log.undecoded() == []
        assert life.intake.counters()["announced"] == 0

    lives(tmp_path / "announced.db", before, after)


def test_a_configuration_that_is_acknowledged_is_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "announced.db"

    async def act(life: Life) -> None:
        for n in range(20):
            await life.says(CONFIG.replace("d552", f"{n:04}"), SMOKE.replace("kitchen", f"room{n}"))
            route = f"zigbee2mqtt/room{n}"
            assert any(line.topic == route for line in Announcements(file)._file.lines())

    lives(file, act)


def test_what_was_taken_out_says_nothing_after_a_restart_and_a_call_in_it_is_heard(tmp_path: Path) -> None:
    async def before(life: Life) -> None:
        await life.says(CONFIG, SMOKE)
        await life.says(CONFIG, "")

    async def after(life: Life) -> None:
        await life.says("zigbee2mqtt/kitchen", '{"occupancy":true}')
        assert life.readings() == []
        assert "nothing was announced of zigbee2mqtt/kitchen" in life.log.undecoded()[0].reason
        await life.says("zigbee2mqtt/kitchen", '{"smoke":true}')
        assert life.desk() == [("smoke", "HIGH")]

    lives(tmp_path / "announced.db", before, after)


@pytest.mark.parametrize("version", ["4", "5"])
def test_zigbee2mqtt_from_its_start_to_a_press_with_discovery_on(tmp_path: Path, node_mqtt: Path, version: str) -> None:
    async def act(life: Life) -> None:
        program = Path(__file__).with_name("home_client.mjs")
        environment = {**os.environ, "NODE_MQTT_FOLDER": str(node_mqtt)}
        command = ["node", str(program), str(life.server.ports[0]), version]
        done = await asyncio.to_thread(
            subprocess.run, command, check=False, timeout=30, capture_output=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert ("sos", "HIGH") in life.desk()

    lives(tmp_path / "announced.db", act)
