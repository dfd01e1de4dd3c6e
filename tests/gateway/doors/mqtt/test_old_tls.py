"""Cheap modems: TLS that is out of use elsewhere, at a port of its own and nowhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import old_tls_context, tls_context
from gateway.doors.mqtt.server import Listener
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import Door
from tests.gateway.mqtt import spoken

UP, HEART = "anhu/v1/dev-1/up", b'{"v":1,"values":{"heart_rate":72}}'
OLD = [
    ("-tls1", "AES128-SHA"),
    ("-tls1", "AES256-SHA"),
    ("-tls1_1", "AES128-SHA"),
    ("-tls1_1", "ECDHE-RSA-AES128-SHA"),
    ("-tls1_2", "AES128-SHA"),
    ("-tls1_2", "AES128-SHA256"),
    ("-tls1_2", "AES256-GCM-SHA384"),
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("old")
    crt, key = folder / "crt.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(crt)], check=True, capture_output=True)
    return crt, key


@pytest.fixture
def listeners(certificate: tuple[Path, Path]) -> tuple[Listener, ...]:
    settings = Settings(tls_certificate=str(certificate[0]), tls_key=str(certificate[1]))
    return Listener(port=0, tls=old_tls_context(settings)), Listener(port=0, tls=tls_context(settings))


def _spoken(port: int, version: str, suite: str) -> bytes:
    """Say CONNECT and a report as an old modem would; return what came back, unencrypted."""
    command = ["openssl", "s_client", "-quiet", version, "-cipher", f"{suite}@SECLEVEL=0"]
    said = spoken.connect() + spoken.publish(UP, HEART)
    with subprocess.Popen(
        [*command, "-connect", f"127.0.0.1:{port}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as modem:
        assert modem.stdin is not None
        assert modem.stdout is not None
        try:
            modem.stdin.write(said)
            modem.stdin.flush()
        except BrokenPipeError:
            return b""
        heard = modem.stdout.read(8)
        modem.terminate()
        return heard


@pytest.mark.parametrize(("version", "suite"), OLD)
def test_an_old_modem_is_heard_at_the_port_for_it(door: Door, version: str, suite: str) -> None:
    assert _spoken(door.server.ports[0], version, suite) == bytes.fromhex("2002000040020001")
    until(lambda: len(door.log.readings()) == 1)


@pytest.mark.parametrize(("version", "suite"), OLD)
def test_and_nowhere_else(door: Door, version: str, suite: str) -> None:
    assert _spoken(door.server.ports[1], version, suite) == b""
    until(lambda: door.call(door.server.health)["failed_handshakes"] == 1)


@pytest.mark.parametrize("suite", ["NULL", "aNULL", "eNULL", "RC4-SHA", "DES-CBC3-SHA"])
def test_what_is_no_encryption_is_refused_even_there(door: Door, suite: str) -> None:
    assert _spoken(door.server.ports[0], "-tls1_2", suite) == b""
    assert door.log.readings() == []
