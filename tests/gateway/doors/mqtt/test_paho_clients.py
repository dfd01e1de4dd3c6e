"""The front door as paho-mqtt sees it, MQTT 3.1.1 and 5, QoS 0, 1 and 2."""

from __future__ import annotations

import paho.mqtt.client as paho
import pytest
from paho.mqtt.reasoncodes import ReasonCode

from gateway.codec import Command
from tests.gateway.doors.mqtt.clients import Client, until
from tests.gateway.doors.mqtt.doors import Door, scalar_value

HEART = b'{"v":1,"values":{"heart_rate":72}}'
SOS = b'{"v":1,"events":[{"kind":"sos"}]}'
UP = "anhu/v1/dev-1/up"
URGENT = "anhu/v1/dev-1/urgent"


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
    assert scalar_value(reading.observations[0]) == 72


def test_a_stream_of_reports_arrives_whole_and_in_order(door: Door, version: int) -> None:
    with Client(door.port, version) as client:
        sent = [
            client.paho.publish(UP, b'{"v":1,"values":{"heart_rate":%d}}' % (40 + i % 100), qos=1) for i in range(500)
        ]
        for info in sent:
            info.wait_for_publish(10)
    values = [scalar_value(r.observations[0]) for r in door.log.readings()]
    assert values == [40 + i % 100 for i in range(500)]


def test_a_call_for_help_may_have_its_own_topic(door: Door, version: int) -> None:
    with Client(door.port, version) as client:
        client.paho.publish(URGENT, SOS, qos=1).wait_for_publish(5)
        until(lambda: len(door.log.readings()) == 1)
    assert door.log.readings()[0].observations[0].quantity == "sos"


@pytest.mark.parametrize("topic", ["anhu/v1/dev-2/up", "anhu/v1/dev-2/urgent"])
def test_a_foreign_topic_is_refused_in_words(door: Door, topic: str) -> None:
    with Client(door.port, paho.MQTTv5) as client:
        answers: list[ReasonCode] = []
        client.paho.on_publish = lambda _c, _u, _mid, reason, _p: answers.append(reason)
        client.paho.publish(topic, HEART, qos=1)
        until(lambda: answers)
        assert answers[0].getName() == "Not authorized"


def test_a_command_reaches_the_device_and_is_acknowledged(door: Door, version: int) -> None:
    with Client(door.port, version) as client:
        client.paho.subscribe("anhu/v1/dev-1/commands", qos=1)
        door.commands.waiting.append(("dev-1", Command(name="measure", command_id="c-1")))
        until(lambda: door.commands.done == ["c-1"])
        assert b'"measure"' in client.messages[0].payload


def test_a_taken_over_client_is_told(door: Door) -> None:
    with Client(door.port, paho.MQTTv5) as old:
        old.paho.reconnect_delay_set(60)
        with Client(door.port, paho.MQTTv5):
            until(lambda: old.disconnected)
            assert old.disconnected[0].getName() == "Session taken over"


def test_a_vanishing_client_leaves_its_will(door: Door, version: int) -> None:
    client = Client(door.port, version)
    client.paho.will_set(UP, HEART, qos=1)
    with client:
        connection = client.paho.socket()
        assert connection is not None
        client.paho.reconnect_delay_set(60)
        connection.close()
        until(door.log.readings)
    until(lambda: ("off", "vanished") in door.log.connections())
