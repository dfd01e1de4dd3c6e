"""Who comes in by a certificate, and who does not."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from app.settings import Settings
from app.wiring import tls_context
from gateway.doors.client_certificate import certified_names
from gateway.doors.mqtt.server import Listener
from tests.gateway.doors.mqtt.clients import Client, until
from tests.gateway.doors.mqtt.doors import SECRET, Door, device
from tests.services.certificate import make_certificate

UP, HEART = "anhu/v1/dev-1/up", '{"v":1,"values":{"heart_rate":72}}'


class Authority:
    """Signs certificates of devices."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        self._run([*made, "-keyout", str(self.key), "-out", str(self.certificate)])

    def sign(self, common: str, names: str = "") -> tuple[Path, Path]:
        """Return the certificate and the key of a device."""
        stem = self.folder / f"{self.name}-{common}-{len(names)}"
        certificate, key, request = (stem.with_suffix(f".{end}") for end in ("pem", "key", "csr"))
        self._run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={common}", "-keyout", str(key),
                   "-out", str(request)])  # fmt: skip
        extra = stem.with_suffix(".ext")
        extra.write_text(f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n")
        signed = ["openssl", "x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self.key)]
        self._run([*signed, "-CAcreateserial", "-days", "2", "-extfile", str(extra), "-out", str(certificate)])
        return certificate, key

    @staticmethod
    def _run(command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, "makers")


@pytest.fixture(scope="module")
def server(folder: Path) -> tuple[Path, Path]:
    return make_certificate(folder)


@pytest.fixture
def listeners(folder: Path, authority: Authority, server: tuple[Path, Path]) -> tuple[Listener, ...]:
    def context(choice: str) -> ssl.SSLContext:
        return tls_context(
            Settings(
                data=folder,
                tls_certificate=str(server[0]),
                tls_key=str(server[1]),
                mqtt_client_ca=str(authority.certificate),
                mqtt_client_certificates=choice,
            )
        )

    return (
        Listener(port=0, tls=context("optional")),
        Listener(port=0, tls=context("required")),
        Listener(port=0, tls=context("required"), is_websocket=True),
    )


Publish = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def publish(door: Door, server: tuple[Path, Path]) -> Publish:
    def run(
        listener: int, certificate: tuple[Path, Path] | None, *login: str, topic: str = UP
    ) -> subprocess.CompletedProcess[str]:
        shown = ["--cert", str(certificate[0]), "--key", str(certificate[1])] if certificate else []
        where = ["-h", "127.0.0.1", "-p", str(door.server.ports[listener]), "--cafile", str(server[0])]
        command = ["mosquitto_pub", *where, *shown, *login, "-q", "1", "-t", topic, "-m", HEART]
        return subprocess.run(command, check=False, timeout=15, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("listener", [0, 1], ids=["optional", "required"])
@pytest.mark.parametrize("login", [(), ("-u", "dev-1"), ("-u", "dev-1", "-P", "whatever")])
def test_the_certificate_is_the_device(
    door: Door, authority: Authority, publish: Publish, listener: int, login: tuple[str, ...]
) -> None:
    assert publish(listener, authority.sign("dev-1"), *login).returncode == 0
    until(lambda: len(door.log.readings()) == 1)


def test_its_dns_name_is_the_device_too(door: Door, authority: Authority, publish: Publish) -> None:
    assert publish(1, authority.sign("SN 0815", "DNS:dev-1"), "-u", "dev-1").returncode == 0
    until(lambda: len(door.log.readings()) == 1)


def test_a_certificate_is_nobody_elses_even_with_the_right_secret(
    door: Door, authority: Authority, publish: Publish
) -> None:
    done = publish(0, authority.sign("dev-2"), "-u", "dev-1", "-P", SECRET)
    assert done.returncode != 0
    assert publish(0, authority.sign("nobody")).returncode != 0
    assert door.log.readings() == []


def test_without_one_a_secret_is_enough_where_certificates_are_optional(door: Door, publish: Publish) -> None:
    assert publish(0, None, "-u", "dev-1", "-P", SECRET).returncode == 0
    assert publish(0, None, "-u", "dev-1", "-P", "wrong").returncode != 0
    assert publish(0, None, "-u", "dev-1").returncode != 0
    until(lambda: len(door.log.readings()) == 1)


def test_where_they_are_required_nobody_comes_in_without_or_with_a_strangers(
    door: Door, folder: Path, publish: Publish
) -> None:
    assert publish(1, None, "-u", "dev-1", "-P", SECRET).returncode != 0
    forged = Authority(folder, "strangers").sign("dev-1")
    assert publish(1, forged, "-u", "dev-1", "-P", SECRET).returncode != 0
    assert publish(0, forged, "-u", "dev-1", "-P", SECRET).returncode != 0
    assert door.log.readings() == []
    assert door.call(door.server.health)["logins_accepted"] == 0


def test_a_revoked_device_is_out_within_a_second_and_stays_out(
    door: Door, authority: Authority, server: tuple[Path, Path], publish: Publish
) -> None:
    certificate = authority.sign("dev-1")
    client = Client(door.server.ports[1], paho.MQTTv5, secret="")
    client.paho.tls_set(str(server[0]), str(certificate[0]), str(certificate[1]))
    client.paho.reconnect_delay_set(60, 60)
    with client:
        assert str(client.connected[0]) == "Success"
        door.call(lambda: door.directory.put(replace(device(), enabled=False)))
        until(lambda: client.disconnected)
    assert publish(1, certificate).returncode != 0


def test_a_certificate_inside_websocket(door: Door, authority: Authority, server: tuple[Path, Path]) -> None:
    certificate = authority.sign("dev-1")
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "w1", transport="websockets")  # type: ignore[attr-defined]
    client.tls_set(str(server[0]), str(certificate[0]), str(certificate[1]))
    client.connect("127.0.0.1", door.server.ports[2])
    client.loop_start()
    client.publish(UP, HEART, qos=1).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()
    until(lambda: len(door.log.readings()) == 1)


@pytest.mark.parametrize("told", [None, {}, {"subject": "x", "subjectAltName": 5}, {"subject": ((("O", "a"),),)}])
def test_a_certificate_that_names_nobody_names_nobody(told: dict[str, object] | None) -> None:
    assert certified_names(told) == frozenset()
