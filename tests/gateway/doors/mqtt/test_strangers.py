"""People without a credential: they hold nothing up, and take no place from a device."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from gateway.doors.mqtt.settings import MqttSettings
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"
PAIR = b"\x26" + spoken.text("k") + spoken.text("v")


@pytest.fixture
def settings() -> MqttSettings:
    return MqttSettings(max_strangers=6, max_strangers_per_address=4, directory_poll_s=0.05)


@pytest.mark.parametrize(
    "connect",
    [
        spoken.connect(5, user=None, properties=PAIR * 17_000),
        spoken.connect(5, will=("anhu/v1/dev-1/up", b"x" * 60_000)),
        spoken.connect(4, user="x" * 60_000),
        spoken.connect(4, password=b"x" * 60_000),
        spoken.connect(5, properties=PAIR * 65),
    ],
    ids=["properties", "will", "user name", "password", "65 user properties"],
)
def test_a_connect_that_is_longer_than_anybody_needs_is_refused_by_its_header(door: Door, connect: bytes) -> None:
    with Raw(door.port) as client:
        client.send(connect[:600])
        assert client.read()[:1] in (b"", b"\x20")
    health = door.call(door.server.health)
    assert health["protocol_errors"] == 1


def test_a_connect_of_a_usual_size_still_fits(door: Door) -> None:
    with Raw(door.port, 5) as client:
        assert client.login(will=("anhu/v1/dev-1/up", b"x" * 2_048), properties=PAIR * 64)[3] == 0


def test_single_bytes_do_not_keep_a_stranger_in(door: Door) -> None:
    with Raw(door.port) as client:
        for byte in spoken.connect()[:20]:
            client.send(bytes([byte]))
            time.sleep(0.01)
        until(lambda: door.call(door.server.health)["strangers"] == 1)
        began_s = door.call(door.server.shared.now_s)
        door.call(lambda: door.server.silence.sweep(began_s + 10.5))
        assert client.read() == b""
    assert door.call(door.server.health)["silent_closed"] == 1


def test_single_bytes_of_a_packet_that_never_ends_are_no_sign_of_life(door: Door) -> None:
    with Raw(door.port) as client:
        client.login(keep_alive_s=4)
        whole = spoken.publish(UP, b"x" * 5_000)
        client.send(whole[:1_000])
        until(lambda: door.call(lambda: next(iter(door.server._links)).wire.core.unread_bytes) > 0)
        began_s = door.call(door.server.shared.now_s)

        def goes_on_at(after_s: float) -> bool:
            [link] = door.server._links
            link.wire.last_byte_s = began_s + after_s - 1
            door.server.silence.sweep(began_s + after_s)
            return link.wire.closing_since_s == float("inf")

        assert door.call(lambda: [goes_on_at(s) for s in (7, 12, 15, 17)]) == [True, True, True, False]
        assert client.read() == b""


def test_a_crowd_of_strangers_makes_room_for_a_device_behind_the_same_address(door: Door) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(Raw(door.port)) for _ in range(20)]
        until(lambda: door.call(door.server.health)["strangers_put_out"] == 16)
        with Raw(door.port) as device:
            assert device.login()[3] == 0
            device.send(spoken.publish(UP, HEART))
            assert device.read() == bytes.fromhex("40020001")
            assert silent[0].read() == b""
            for _ in range(10):
                stack.enter_context(Raw(door.port))
            device.send(spoken.publish(UP, HEART, packet_id=2))
            assert device.read() == bytes.fromhex("40020002")
    assert door.log.connections()[:1] == [("on", "connected")]


def test_150000_user_properties_are_not_looked_at_one_by_one(door: Door) -> None:
    with Raw(door.port, 5) as client:
        client.login()
        client.send(spoken.publish(UP, HEART, version=5, properties=PAIR * 150_000))
        assert client.read() == bytes.fromhex("40020001")
    core = next(iter(door.log.readings()))
    assert core.device_id == "dev-1"
