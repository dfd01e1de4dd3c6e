"""The front door as paho-mqtt sees it, MQTT 3.1.1 and 5, QoS 0, 1 and 2."""

from __future__ import annotations

import paho.mqtt.client as paho
import pytest

from tests.gateway.mqtt.clients import Client, until
from tests.gateway.mqtt.doors import Door

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"


@pytest.fixture(params=[paho.MQTTv311, paho.MQTTv5], ids=["311", "5"])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_report_of_every_qos_reaches_the_log(door: Door, version: int, qos: int) -> None:
    with Client(door.port, version) as client:
        info = client.paho.publish(UP, HEART, qos=qos)
        info.wait_for_publish(5)
        until(lambda: len(door.log.readings()) == 1)
    reading = door.log.readings()[0]
    assert (reading.device_id, reading.resident_id) == ("dev-1", "r-dev-1")
    assert reading.observations[0].value == 72
