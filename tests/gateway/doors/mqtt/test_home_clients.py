"""A home's own programs, as they come, directly at the door: a press of the button is an SOS in the LOG."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.doors.mqtt.test_other_clients import node_mqtt
from tests.gateway.mqtt import spoken
from tests.services.mosquitto import Mosquitto

__all__ = ["node_mqtt"]
BUTTON = '{"action":"emergency"}'
UP = "anhu/v1/dev-1/up"
CALL = '{"v":1,"events":[{"kind":"sos"}]}'


def _called(door: Door) -> bool:
    return any(seen.quantity == "sos" for reading in door.log.readings() for seen in reading.observations)


@pytest.fixture
def bridged(door: Door, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mosquitto]:
    """A Mosquitto that somebody has in the house, told to pass on what its sensors say."""
    topic, more = request.param
    bridge = f"connection anhu\naddress 127.0.0.1:{door.port}\nremote_username home-1\nremote_password {SECRET}\n"
    broker = Mosquitto(tmp_path, f"{bridge}topic {topic}\n{more}restart_timeout 1\n")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def _press(broker: Mosquitto, *, qos: int = 1) -> None:
    where = ["-h", broker.host, "-p", str(broker.port), "-q", str(qos)]
    subprocess.run(["mosquitto_pub", *where, "-t", "zigbee2mqtt/button", "-m", BUTTON], check=True, timeout=10)


@pytest.mark.parametrize(
    "bridged",
    [
        ("zigbee2mqtt/# out 1", ""),
        ("zigbee2mqtt/# both 1", ""),
        ("zigbee2mqtt/# out 0", ""),
        ("zigbee2mqtt/# out 2", ""),
        ("# both 1", ""),
        ("zigbee2mqtt/# out 1", "bridge_protocol_version mqttv31\n"),
        ("zigbee2mqtt/# out 1", "bridge_protocol_version mqttv50\n"),
        ("zigbee2mqtt/# both 1", "bridge_protocol_version mqttv50\ncleansession true\n"),
        ("zigbee2mqtt/# out 1", "try_private false\nnotifications_local_only true\n"),
    ],
    ids=["out", "both", "QoS 0", "QoS 2", "everything", "3.1", "5", "5 both", "quiet"],
    indirect=True,
)
def test_a_bridge_at_its_defaults_brings_the_call(door: Door, bridged: Mosquitto) -> None:
    until(lambda: ("on", "connected") in door.log.connections("home-1"))
    _press(bridged)
    until(lambda: _called(door))
    assert door.log.connections("home-1")[0] == ("on", "connected")
    assert ("off", "foreign_topic") not in door.log.connections("home-1")


@pytest.mark.parametrize("bridged", [("zigbee2mqtt/# out 1", "")], indirect=True)
def test_a_bridge_says_what_is_not_ours_and_it_is_shown(door: Door, bridged: Mosquitto) -> None:
    until(lambda: ("on", "connected") in door.log.connections("home-1"))
    until(lambda: any(kind == "foreign" and "$SYS/" in last for kind, _, last in door.notes.of("home-1")))
    assert any(kind == "will" for kind, _, _ in door.notes.of("home-1"))
    assert bridged.pid


@pytest.mark.parametrize("bridged", [("zigbee2mqtt/# out 1", "")], indirect=True)
def test_a_call_queued_at_a_bridge_comes_when_the_line_is_back(door: Door, bridged: Mosquitto) -> None:
    until(lambda: ("on", "connected") in door.log.connections("home-1"))
    bridged.restart()
    _press(bridged)
    until(lambda: _called(door), 20)


@pytest.mark.parametrize("version", ["4", "5"])
def test_zigbee2mqtt_starts_and_its_button_calls(door: Door, node_mqtt: Path, version: str) -> None:
    program = Path(__file__).with_name("home_client.mjs")
    done = subprocess.run(
        ["node", str(program), str(door.port), version],
        check=False,
        timeout=30,
        capture_output=True,
        text=True,
        env={**os.environ, "NODE_MQTT_FOLDER": str(node_mqtt)},
    )
    assert done.returncode == 0, done.stderr
    until(lambda: _called(door))
    kinds = {kind for kind, _, _ in door.notes.of("home-1")}
    until(lambda: {kind for kind, _, _ in door.notes.of("home-1")} >= {"foreign", "subscription"})
    assert "protocol" not in kinds


@pytest.mark.parametrize("version", ["mqttv31", "mqttv311", "mqttv5"])
def test_mosquitto_pub_calls_behind_a_foreign_topic(door: Door, version: str) -> None:
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "dev-1", "-P", SECRET, "-V", version, "-q", "1", "-i", "c1"]
    for topic, text in (("device/status", "online"), (UP, CALL)):
        subprocess.run(["mosquitto_pub", *login, "-t", topic, "-m", text], check=False, timeout=10)
    until(lambda: _called(door))


@pytest.mark.parametrize("version", [3, 4])
def test_a_small_boards_bytes_call(door: Door, version: int) -> None:
    """PubSubClient: CONNECT in pieces, a birth message at QoS 0, a subscription, and the call at QoS 0."""
    with Raw(door.port, version) as board:
        hello = spoken.connect(version, client_id="ESP8266Client-a1", keep_alive_s=15)
        for at in range(0, len(hello), 7):
            board.send(hello[at : at + 7])
        assert board.read() == bytes.fromhex("20020000")
        board.send(spoken.publish("outTopic", b"hello world", qos=0))
        board.send(spoken.subscribe("inTopic", qos=0, packet_id=2))
        assert board.read() == bytes.fromhex("9003000200")
        board.send(spoken.publish(UP, CALL.encode(), qos=0))
        board.send(spoken.PINGREQ)
        assert board.read() == b"\xd0\x00"
    until(lambda: _called(door))


STARTS = {
    "Tasmota": (
        "tele/tasmota_1/LWT",
        ["cmnd/tasmota_1/#", "cmnd/tasmotas/#", "cmnd/DVES_1_fb/#"],
        ["tele/tasmota_1/LWT", "cmnd/tasmota_1/POWER", "tasmota/discovery/A1/config", "tele/tasmota_1/INFO1"],
    ),
    "ESPHome": (
        "button/status",
        ["button/switch/relay/command", "esphome/discover", "esphome/ping/button"],
        ["homeassistant/binary_sensor/button/config", "button/status", "button/binary_sensor/state", "button/debug"],
    ),
    "Home Assistant": (
        "homeassistant/status",
        ["homeassistant/+/+/config", "homeassistant/+/+/+/config", "homeassistant/device/#", "#"],
        ["homeassistant/status"],
    ),
    "Shelly": (
        "shellies/s1/online",
        ["shellies/s1/command", "shellies/command"],
        ["shellies/announce", "shellies/s1/info"],
    ),
    "a cloud's SDK": (
        "$oc/devices/dev-1/sys/events/up",
        ["$oc/devices/dev-1/sys/#", "/ota/device/upgrade/pk/dev-1"],
        ["$oc/devices/dev-1/sys/events/up", "$oc/devices/dev-1/sys/messages/up", "$thing/up/property/pk/dev-1"],
    ),
}


@pytest.mark.parametrize("version", [3, 4, 5])
@pytest.mark.parametrize("start", STARTS)
def test_what_firmware_says_at_its_start_ends_nothing(door: Door, start: str, version: int) -> None:
    will, wanted, said = STARTS[start]
    with Raw(door.port, version) as gadget:
        assert gadget.login(clean=False, will=(will, b"Offline"))[3] == 0
        for topic_filter in wanted:
            gadget.send(spoken.subscribe(topic_filter, version=version, qos=0))
            assert gadget.read()[-1] == 0
        for qos in (0, 1):
            for topic in said:
                gadget.send(spoken.publish(topic, b"Online", version=version, qos=qos))
                assert not qos or gadget.read()[0] == 0x40
        gadget.send(spoken.publish(UP, CALL.encode(), version=version, packet_id=77))
        assert gadget.read() == bytes.fromhex("4002004d")
    assert _called(door)
    until(lambda: {kind for kind, _, _ in door.notes.of("dev-1")} >= {"will", "foreign"})
