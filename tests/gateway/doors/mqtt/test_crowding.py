"""Many connections before a slow disk, and rubbish among good ones."""

from __future__ import annotations

import random
from contextlib import ExitStack

import pytest

from gateway.doors.mqtt.settings import MqttSettings
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.doors.mqtt.raw import Raw
from tests.gateway.mqtt import spoken
from tests.gateway.mqtt.test_protocol_fuzz import CONVERSATIONS

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"
SEED = 20261123


@pytest.fixture
def settings() -> MqttSettings:
    return MqttSettings(max_pending_bytes=2_000, max_connections_per_device=50)


def test_nobody_is_read_from_while_too_much_waits_for_the_disk(door: Door) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Raw(door.port)) for _ in range(10)]
        for i, client in enumerate(clients):
            client.login(client_id=f"c{i}")
        door.call(door.log.hold)
        junk = b"?" * 1_000
        for client in clients:
            client.send(spoken.publish(UP, junk, packet_id=1))
        until(lambda: door.call(door.server.health)["received"] == 10)
        for client in clients:
            client.send(spoken.publish(UP, junk, packet_id=2))
        assert all(client.quiet(0.02) for client in clients)
        assert door.call(door.server.health)["received"] < 20
        door.call(door.log.let_go)
        for client in clients:
            assert [client.read(), client.read()] == [bytes.fromhex("40020001"), bytes.fromhex("40020002")]


def test_mutated_conversations_never_harm_a_good_one(door: Door) -> None:
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    with Raw(door.port) as good:
        good.login()
        for i in range(100):
            version = chance.choice([4, 5])
            with Raw(door.port, version) as bad:
                mutated = bytearray(b"".join(CONVERSATIONS[version]))
                for _ in range(chance.randint(1, 5)):
                    mutated[chance.randrange(len(mutated))] = chance.randrange(256)
                bad.login(client_id=f"bad-{i}")
                bad.send(bytes(mutated))
                good.send(spoken.publish(UP, HEART, packet_id=i + 1))
                assert good.read() == b"\x40\x02" + (i + 1).to_bytes(2, "big")
    assert len([r for r in door.log.readings() if r.observations[0].quantity == "heart_rate"]) >= 100
