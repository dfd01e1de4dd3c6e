"""The same conversation inside TLS, with a certificate made for the test."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import uvloop

from gateway.doors.mqtt.server import Listener
from tests.gateway.doors.mqtt.clients import Client, until
from tests.gateway.doors.mqtt.doors import Door

HEART = b'{"v":1,"values":{"heart_rate":72}}'
UP = "anhu/v1/dev-1/up"


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    return factory


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    crt, key = folder / "crt.pem", folder / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(crt), *subject], check=True, capture_output=True)
    return crt, key


@pytest.fixture
def listeners(certificate: tuple[Path, Path]) -> tuple[Listener, ...]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return (Listener(port=0, tls=context), Listener(port=0))


@pytest.mark.parametrize("version", [paho.MQTTv311, paho.MQTTv5])
def test_a_report_and_its_answer_inside_tls(door: Door, certificate: tuple[Path, Path], version: int) -> None:
    client = Client(door.port, version)
    client.paho.tls_set(str(certificate[0]))
    with client:
        client.paho.publish(UP, HEART, qos=1).wait_for_publish(5)
        client.paho.publish(UP, HEART[:-1] + b" " * 300_000 + b"}", qos=1).wait_for_publish(5)
    until(lambda: len(door.log.readings()) == 2)


def test_a_plain_client_at_the_tls_port_harms_nobody(door: Door, certificate: tuple[Path, Path]) -> None:
    client = Client(door.port, paho.MQTTv5)
    client.paho.tls_set(str(certificate[0]))
    with client:
        subprocess.run(
            ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(door.port), "-t", UP, "-m", "x"],
            check=False,
            timeout=10,
            capture_output=True,
        )
        client.paho.publish(UP, HEART, qos=1).wait_for_publish(5)
    assert len(door.log.readings()) == 1


def test_both_ports_serve_the_same_devices(door: Door) -> None:
    with Client(door.server.ports[1], paho.MQTTv5) as client:
        client.paho.publish(UP, HEART, qos=1).wait_for_publish(5)
    assert len(door.log.readings()) == 1
