"""TLS by pre-shared keys: what is a key, whose it is, and the port itself under a Python that can; real clients."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from anhu.contract.errors import SettingsError
from app.settings import Settings
from gateway.directory import DeviceEntry
from gateway.doors import psk
from gateway.doors.psk_keys import PskKeys
from tests.gateway.doors import psk_port
from tests.gateway.doors.mqtt.doors import MemoryDirectory, device

KEY_1, KEY_2 = psk_port.KEYS["dev-1"].hex(), psk_port.KEYS["dev-2"].hex()
_ASKED = "import ssl, sys; sys.exit(0 if getattr(ssl, 'HAS_PSK', False) else 1)"


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("a secret of 20 bytes", b"a secret of 20 bytes"),
        ("hex:000102030405060708090A0B0C0D0E0F", bytes(range(16))),
        ("hex:0001020304050607", b""),
        ("hex:no hexadecimal digits at all, really", b""),
        ("too short", b""),
        ("", b""),
    ],
)
def test_a_secret_is_a_key_only_if_nobody_can_guess_it(secret: str, key: bytes) -> None:
    assert psk.key_of(secret) == key


def test_a_python_that_cannot_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psk, "is_possible", lambda: False)
    with pytest.raises(SettingsError, match=r"ANHU_MQTT_PSK_PORT.*8884.*Python 3\.13"):
        Settings(mqtt_psk_port=8884)
    assert Settings().mqtt_psk_port == 0


def test_a_python_that_can_takes_the_port_and_keeps_secrets_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psk, "is_possible", lambda: True)
    assert Settings(mqtt_psk_port=8884).keeps_secrets
    assert not Settings().keeps_secrets


def keyed(device_id: str, secret: str, **more: object) -> DeviceEntry:
    return replace(device(device_id, secret), signing_secret=secret, **more)  # type: ignore[arg-type]


def test_keys_are_those_of_the_register_and_end_with_it() -> None:
    async def run() -> None:
        directory = MemoryDirectory()
        for one in (keyed("dev-1", "k" * 32), keyed("dev-2", "s" * 32), device("plain"), keyed("short", "secret-7")):
            directory.put(one)
        keys = PskKeys(directory, ThreadPoolExecutor(1))
        assert (keys.key_of("dev-1"), keys.is_whole) == (b"", False)
        await keys._follow()
        assert keys.is_whole
        assert [keys.key_of(who) for who in ("dev-1", "plain", "short", "nobody", "")] == [
            b"k" * 32,
            b"",
            b"",
            b"",
            b"",
        ]
        directory.put(keyed("dev-1", "k" * 32, enabled=False))
        directory.put(keyed("dev-2", "t" * 32))
        directory.down = True
        with pytest.raises(OSError, match="down"):
            await keys._follow()
        assert keys.key_of("dev-2") == b"s" * 32
        directory.down = False
        await keys._follow()
        assert (keys.key_of("dev-1"), keys.key_of("dev-2"), len(keys)) == (b"", b"t" * 32, 1)

    asyncio.run(run())


def _able() -> str | None:
    """Return an interpreter whose `ssl` can."""
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin/python"))
    named = [shutil.which(f"python3.{minor}") for minor in range(13, 20)]
    for one in (sys.executable, *named, *map(str, reversed(kept))):
        if one and subprocess.run([one, "-c", _ASKED], check=False, capture_output=True).returncode == 0:
            return one
    return None


class Port:
    """The port, and what it says of who comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._out = process.stdout
        self.number = int(self._out.readline())

    def says(self) -> str:
        return self._out.readline().strip()


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    able = _able()
    if able is None:
        pytest.skip("no Python on this machine has pre-shared keys in its ssl: 3.13 or newer")
    with subprocess.Popen([able, psk_port.__file__], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Port(process)
        finally:
            process.kill()


@pytest.fixture
def modem(port: Port) -> Callable[[Sequence[str]], str]:
    """Return what connects with OpenSSL, says CONNECT, and tells what the port said of it."""

    def connect(arguments: Sequence[str]) -> str:
        command = ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port.number}", *arguments]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as one:
            assert one.stdin is not None
            one.stdin.write(b"\x10\x00")
            one.stdin.flush()
            try:
                return port.says()
            finally:
                one.kill()

    return connect


@pytest.mark.parametrize("suite", psk.SUITES)
def test_each_suite_is_spoken_and_the_identity_is_known(modem: Callable[[Sequence[str]], str], suite: str) -> None:
    said = modem(["-psk_identity", "dev-1", "-psk", KEY_1, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0"])
    assert said == f"in dev-1 {suite}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-psk_identity", "dev-1", "-psk", KEY_2, "-tls1_2"], "refused dev-1"),
        (["-psk_identity", "dev-2", "-psk", KEY_1, "-tls1_2"], "refused dev-2"),
        (["-psk_identity", "stranger", "-psk", KEY_1, "-tls1_2"], "refused stranger"),
        (["-psk_identity", "dev-1" * 25, "-psk", KEY_1, "-tls1_2"], "refused " + ("dev-1" * 25)[:64]),
        (["-psk_identity", "dev-1", "-psk", KEY_1, "-tls1_3"], "refused nobody"),
        (["-psk_identity", "dev-1", "-psk", KEY_1, "-tls1_1", "-cipher", "PSK:@SECLEVEL=0"], "refused nobody"),
        (["-tls1_2"], "refused nobody"),
        (
            ["-psk_identity", "dev-1", "-psk", KEY_1, "-tls1_2", "-cipher", "PSK-NULL-SHA256:@SECLEVEL=0"],
            "refused nobody",
        ),
    ],
)
def test_nobody_else_is_let_in_and_who_was_meant_is_told(
    modem: Callable[[Sequence[str]], str], arguments: list[str], said: str
) -> None:
    assert modem(arguments) == said


def test_two_modems_at_once_are_who_they_are(port: Port, modem: Callable[[Sequence[str]], str]) -> None:
    first = ["-psk_identity", "dev-1", "-psk", KEY_1]
    command = ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port.number}", *first]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
        assert one.stdin is not None
        one.stdin.write(b"\x10\x00")
        one.stdin.flush()
        assert port.says().startswith("in dev-1 ")
        assert modem(["-psk_identity", "dev-2", "-psk", KEY_2]).startswith("in dev-2 ")
        one.stdin.write(b"\x10\x00")
        one.stdin.flush()
        assert port.says().startswith("in dev-1 ")
        one.kill()


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is not installed")
def test_mosquittos_own_client_comes_in(port: Port) -> None:
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port.number), "-t", "t", "-m", "x"]
    with subprocess.Popen([*command, "--psk-identity", "dev-1", "--psk", KEY_1], stderr=subprocess.DEVNULL) as one:
        assert port.says().startswith("in dev-1 ")
        one.kill()


def test_what_this_python_has_is_what_is_said_of_it() -> None:
    assert psk.is_possible() == hasattr(ssl.SSLContext, "set_psk_server_callback")
