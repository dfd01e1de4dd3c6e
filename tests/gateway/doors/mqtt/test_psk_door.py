"""Modems with a pre-shared key at the whole door: let in, cut off, told of. Needs a Python whose `ssl` has them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.directory import DeviceEntry
from gateway.doors import psk
from gateway.doors.mqtt.server import Listener
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door, device

pytestmark = pytest.mark.skipif(not psk.is_possible(), reason="this Python's ssl has no pre-shared keys: 3.13 has")
UP, HEART = "anhu/v1/dev-1/up", '{"v":1,"values":{"heart_rate":72}}'


def keyed(device_id: str = "dev-1", secret: str = SECRET) -> DeviceEntry:
    return replace(device(device_id, secret), signing_secret=secret)


@pytest.fixture
def listeners() -> tuple[Listener, ...]:
    return (Listener(port=0, by_psk=True),)


@pytest.fixture
def with_keys(door: Door) -> Door:
    door.directory.put(keyed())
    until(lambda: door.call(door.server.health)["psk_keys"] == 1)
    return door


Publish = Callable[..., int]


@pytest.fixture
def publish(with_keys: Door) -> Publish:
    def run(*more: str, identity: str = "dev-1", secret: str = SECRET) -> int:
        where = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(with_keys.port), "-q", "1", "-t", UP, "-m", HEART]
        key = ["--psk-identity", identity, "--psk", secret.encode().hex()]
        return subprocess.run([*where, *key, *more], check=False, timeout=20, capture_output=True).returncode

    return run


@pytest.mark.parametrize("login", [(), ("-u", "dev-1"), ("-u", "dev-1", "-P", "whatever")])
def test_the_key_is_the_device(with_keys: Door, publish: Publish, login: tuple[str, ...]) -> None:
    assert publish(*login) == 0
    until(lambda: len(with_keys.log.readings()) == 1)


def test_a_key_is_nobody_elses_even_with_the_right_secret(with_keys: Door, publish: Publish) -> None:
    assert publish("-u", "dev-2", "-P", SECRET) != 0
    assert with_keys.log.readings() == []


def test_a_wrong_key_is_told_on_the_devices_page_and_counted(with_keys: Door, publish: Publish) -> None:
    assert publish(secret="another secret, which is wrong") != 0
    until(lambda: with_keys.notes.of("dev-1") == [("psk", 1, "wrong key")])
    assert publish(identity="dev-2") != 0
    until(lambda: with_keys.notes.of("dev-2") == [("psk", 1, "no key is kept of it: give it a new secret")])
    assert with_keys.call(with_keys.server.health)["psk_refused"] == 2


@pytest.mark.parametrize("change", [{"enabled": False}, {"signing_secret": "n" * 32}, None])
def test_a_revoked_key_is_cut_off_and_does_not_come_back(
    with_keys: Door, publish: Publish, change: dict[str, object] | None
) -> None:
    where = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(with_keys.port), "-q", "1", "-t", "anhu/v1/dev-1/commands"]
    key = ["--psk-identity", "dev-1", "--psk", SECRET.encode().hex(), "-d"]
    with subprocess.Popen([*where, *key], stdout=subprocess.PIPE, text=True) as modem:
        assert modem.stdout is not None
        lines: list[str] = []
        reading = threading.Thread(target=lambda: lines.extend(iter(modem.stdout.readline, "")))  # type: ignore[union-attr]
        reading.start()
        until(lambda: with_keys.log.connections() == [("on", "connected")])
        if change is None:
            with_keys.directory.remove("dev-1")
        else:
            with_keys.directory.put(replace(keyed(), **change))  # type: ignore[arg-type]
        until(lambda: with_keys.call(with_keys.server.health)["revoked"] == 1)
        until(lambda: with_keys.call(with_keys.server.health)["connected"] == 0)
        modem.kill()
        reading.join(10)
    assert publish() != 0
    assert with_keys.log.readings() == []
