"""What devices in the field really send, through everything real: MQTT in, the desk and the vendor's list out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.smoke.installation import Installation, until


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.admin("create-centre", id="c-1", name="幸福里")
    for n in range(1, 5):
        made.admin("create-resident", id=f"r-{n}", name=f"n{n}", centre="c-1")
    made.log_in()
    yield made
    made.stop()


def say(installation: Installation, device_id: str, resident: str, codec: str, *messages: tuple[str, bytes]) -> None:
    """Enrol a device and have it publish; return when everything is acknowledged."""
    made = installation.admin("create-device", id=device_id, resident=resident, codec=codec)
    client = paho.Client(CallbackAPIVersion.VERSION2, device_id)
    client.username_pw_set(device_id, made["secret"])
    client.connect("127.0.0.1", installation.mqtt_port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


def test_a_call_reaches_the_desk_whatever_stands_beside_it(installation: Installation) -> None:
    installation.start()
    broken = b'{"v":1,"values":{"spo2":NaN},"events":[{"kind":"Fall Detected"}]}\0'
    say(installation, "watch-1", "r-1", "open_json", ("anhu/v1/watch-1/up", broken))
    say(installation, "watch-2", "r-2", "open_json", ("anhu/v1/watch-2/up", "<求助/>".encode("gbk")))
    radar = (("zigbee2mqtt/客厅雷达", '{"status":"falling"}'.encode("utf-16")),)
    say(installation, "home-3", "r-3", "zigbee2mqtt", *radar)
    say(
        installation,
        "home-4",
        "r-4",
        "zigbee2mqtt",
        ("zigbee2mqtt/厨房水浸", b'{"water_leak":true}'),
        ("zigbee2mqtt/阳台水浸", b'{"water_leak":false}'),
        ("zigbee2mqtt/厨房", b'{"smoke":false,"linkage_alarm":true,"gas":0.3,"gas_sensor_state":"normal"}'),
    )
    found = {
        resident: [(a["kind"], a["condition"]) for a in until(partial(installation.alerts, resident), installation.log)]
        for resident in ("r-1", "r-2", "r-3", "r-4")
    }
    assert found == {
        "r-1": [("fall", "present")],
        "r-2": [("unknown_alarm", "present")],
        "r-3": [("fall", "present")],
        "r-4": [("water_leak", "present")],
    }

    def refused() -> dict[str, bool]:
        items = installation.get("/refusals")["items"]
        return {one["device_id"]: bool(one["reason"]) for one in items}

    until(lambda: set(refused()) >= {"watch-1", "watch-2", "home-3"}, installation.log)
    assert all(refused().values())
