"""Commands to the device: at QoS 1, until it has acknowledged them, whatever happens in between."""

from __future__ import annotations

import logging

import pytest

from gateway.codec import Command
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

TOPIC = "anhu/v1/dev-1/commands"


def ask(command_id: str = "c-1", name: str = "ask_ok") -> tuple[str, Command]:
    return "dev-1", Command(name=name, command_id=command_id, arguments={"seconds": 20})


def listening(door: Door, version: int = 4, **more: object) -> Raw:
    client = Raw(door.port, version)
    client.login(**more)
    client.send(spoken.subscribe(TOPIC, version=version))
    assert client.read()[-1] == 1
    return client


def packet_id(publish: bytes) -> int:
    topic_bytes = int.from_bytes(publish[2:4], "big")
    return int.from_bytes(publish[4 + topic_bytes : 6 + topic_bytes], "big")


@pytest.mark.parametrize("version", [4, 5])
def test_a_command_is_delivered_when_the_device_says_so(door: Door, version: int) -> None:
    with listening(door, version) as client:
        door.commands.waiting.append(ask())
        command = client.read()
        assert command[0] == 0x32
        assert TOPIC.encode() in command
        assert b'"id":"c-1"' in command
        assert client.quiet()  # and it is not sent a second time
        assert door.commands.done == []
        client.send(spoken.puback(packet_id(command)))
        until(lambda: door.commands.done == ["c-1"])


def test_an_absent_device_gets_it_when_it_comes(door: Door) -> None:
    door.commands.waiting.append(ask())
    with listening(door) as client:
        assert b'"id":"c-1"' in client.read()


def test_an_unacknowledged_command_comes_again_marked_as_duplicate(door: Door) -> None:
    with listening(door, clean=False) as client:
        door.commands.waiting.append(ask())
        first = client.read()
    until(lambda: door.call(door.server.health)["connected"] == 0)
    with Raw(door.port) as client:
        assert client.login(clean=False)[2] == 1
        again = client.read()
        assert again[0] == 0x3A
        assert again[1:] == first[1:]
        client.send(spoken.puback(packet_id(again)))
        until(lambda: door.commands.done == ["c-1"])


def test_a_device_that_did_not_subscribe_gets_nothing(door: Door) -> None:
    door.commands.waiting.append(ask())
    with Raw(door.port) as client:
        client.login()
        assert client.quiet(0.3)


def test_unsubscribing_ends_it(door: Door) -> None:
    with listening(door) as client:
        client.send(spoken.packet(0xA2, b"\x00\x05" + spoken.text(TOPIC)))
        assert client.read() == bytes.fromhex("b0020005")
        door.commands.waiting.append(ask())
        assert client.quiet(0.3)


def test_the_clients_receive_maximum_is_kept(door: Door) -> None:
    with listening(door, 5, properties=b"\x21\x00\x02") as client:
        door.commands.waiting += [ask(f"c-{i}") for i in range(3)]
        two = [client.read(), client.read()]
        assert client.quiet()
        client.send(spoken.puback(packet_id(two[0])))
        assert b'"id":"c-2"' in client.read()


def test_a_command_the_family_does_not_know_is_not_sent(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with listening(door) as client:
        door.commands.waiting += [ask("c-1", "dance"), ask("c-2")]
        assert b'"id":"c-2"' in client.read()
    assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == [
        "command c-1 cannot be delivered: name: got 'dance', expected ask_ok or measure"
    ]


def test_a_command_the_device_refuses_is_not_sent_again(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with listening(door, 5) as client:
        door.commands.waiting.append(ask())
        client.send(b"\x40\x03" + packet_id(client.read()).to_bytes(2, "big") + b"\x83")
        assert client.quiet(0.3)
    assert door.commands.done == []
    assert door.call(door.server.health)["commands_refused"] == 1


def test_a_subscription_at_qos_0_is_served_at_qos_0(door: Door) -> None:
    with Raw(door.port) as client:
        client.login()
        client.send(spoken.subscribe(TOPIC, qos=0))
        assert client.read()[-1] == 0
        door.commands.waiting.append(ask())
        assert client.read()[0] == 0x30
        until(lambda: door.commands.done == ["c-1"])
