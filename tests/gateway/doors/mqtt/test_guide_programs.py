"""The programs of the device makers' guide, run as they are written there, against the door."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from anhu.contract.observation import Event, Scalar
from anhu.contract.schema import command_schema, wire_schema
from gateway.codec import Codec, Command
from gateway.codecs import open_json, zigbee2mqtt
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.conftest import DESCRIBED
from tests.gateway.doors.mqtt.doors import SECRET, Door, shared_codec
from tests.gateway.doors.mqtt.test_other_clients import node_mqtt

__all__ = ["node_mqtt"]

GUIDE = Path(__file__).parents[4] / "docs" / "guide"
ENGLISH, CHINESE = ((GUIDE / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
PROGRAMS: list[tuple[str, str]] = [(kind, text) for kind, text in FENCE.findall(ENGLISH) if kind != "json"]
ASK = ("dev-1", Command(name="ask_ok", command_id="c-4kq7", arguments={"seconds": 30}))


@pytest.fixture
def codecs() -> Mapping[str, Codec]:
    """Devices that the guide is for say format v1, as they would to the platform."""
    return {"open": open_json.CODEC, "mr60fda2": DESCRIBED, "shared": shared_codec(), "zigbee2mqtt": zigbee2mqtt.CODEC}


def program(language: str, n: int = 0) -> str:
    return [text for kind, text in PROGRAMS if kind == language][n]


def run(command: list[str], door: Door, folder: Path, **more: str) -> str:
    login = {"HOST": "127.0.0.1", "PORT": str(door.port), "DEVICE": "dev-1", "SECRET": SECRET, **more}
    done = subprocess.run(
        command, env={**os.environ, **login}, cwd=folder, timeout=60, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def require_said(door: Door) -> None:
    """Wait for one heart rate and one call, whichever comes first."""
    until(lambda: len(door.log.readings()) == 2)
    found = [one for reading in door.log.readings() for one in reading.observations]
    assert ("heart_rate", 72.0) in [(one.quantity, one.value) for one in found if isinstance(one, Scalar)]
    assert [one.kind for one in found if isinstance(one, Event)] == ["sos"]
    assert not door.log.undecoded()


def test_every_program_is_run_by_a_test() -> None:
    """Those in bash are curl's pushes: `tests/gateway/doors/test_http_guide.py` runs them."""
    assert [kind for kind, _ in PROGRAMS] == ["sh", "sh", "bash", "bash", "bash", "python", "js", "c"]


def test_the_chinese_guide_has_the_same_programs() -> None:
    assert FENCE.findall(CHINESE) == FENCE.findall(ENGLISH)


def test_every_message_that_the_guide_shows_is_valid() -> None:
    shown = [json.loads(text) for kind, text in FENCE.findall(ENGLISH) if kind == "json"]
    assert len(shown) == 5
    message, command = (Draft202012Validator(made) for made in (wire_schema(), command_schema()))
    for one in shown:
        (command if "command" in one else message).validate(one)


def test_shell(door: Door, tmp_path: Path) -> None:
    run(["sh", "-e", "-c", program("sh")], door, tmp_path)
    require_said(door)


def test_curl(door: Door, tmp_path: Path) -> None:
    run(["sh", "-e", "-c", program("sh", 1)], door, tmp_path)
    until(lambda: len(door.log.readings()) == 1)


def require_answered(door: Door) -> None:
    until(lambda: door.commands.done == ["c-4kq7"])
    until(lambda: ("dev-1", "c-4kq7") in door.intake.answers._new)


def test_python(door: Door, tmp_path: Path) -> None:
    door.commands.waiting.append(ASK)
    said = run(made("python", tmp_path, tmp_path), door, tmp_path)
    assert said == "connected\non disk\nanswered ask_ok {'seconds': 30}\n"
    require_said(door)
    require_answered(door)


def test_javascript(door: Door, tmp_path: Path, node_mqtt: Path) -> None:
    door.commands.waiting.append(ASK)
    assert run(made("js", tmp_path, node_mqtt), door, tmp_path) == 'on disk\nanswered ask_ok {"seconds":30}\n'
    require_said(door)
    require_answered(door)


def compiled(folder: Path) -> str:
    compiler = shutil.which("cc")
    assert compiler is not None, "a C compiler is needed"
    (folder / "device.c").write_text(program("c"), "utf-8")
    strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1"]
    subprocess.run([compiler, *strict, "-o", "device", "device.c"], cwd=folder, check=True, timeout=60)
    return str(folder / "device")


def made(language: str, folder: Path, node_mqtt: Path) -> list[str]:
    """Return what starts a program, as it stands in the guide."""
    if language == "c":
        return [compiled(folder)]
    file = folder / {"python": "device.py", "js": "device.mjs"}[language]
    file.write_text(program(language), "utf-8")
    if language == "js":
        (folder / "node_modules").symlink_to(node_mqtt / "node_modules")
    return [sys.executable if language == "python" else "node", str(file)]


def test_c(door: Door, tmp_path: Path) -> None:
    door.commands.waiting.append(ASK)
    said = run([compiled(tmp_path)], door, tmp_path).splitlines()
    assert sorted(said) == ["answered", f"asked {open_json.encode(ASK[1]).decode()}", "on disk"]
    require_said(door)
    require_answered(door)


@pytest.mark.parametrize("language", ["python", "js", "c"])
def test_without_a_command_it_ends_as_well(door: Door, tmp_path: Path, node_mqtt: Path, language: str) -> None:
    command = made(language, tmp_path, node_mqtt)
    assert run(command, door, tmp_path, SECONDS="1").splitlines()[-1] == "no command"
    require_said(door)


def test_c_is_told_a_wrong_secret(door: Door, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="refused: 4"):
        run([compiled(tmp_path)], door, tmp_path, SECRET="wrong")


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_library_says_that_the_secret_is_wrong(door: Door, tmp_path: Path, node_mqtt: Path, language: str) -> None:
    command = made(language, tmp_path, node_mqtt)
    login = {"HOST": "127.0.0.1", "PORT": str(door.port), "DEVICE": "dev-1", "SECRET": "wrong"}
    with subprocess.Popen(
        command,
        env={**os.environ, **login, "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        told = any(re.search("(?i)bad user ?name or password", line) is not None for line in running.stdout)
        running.kill()
    assert told


def test_a_device_that_one_yaml_file_describes_is_heard(door: Door) -> None:
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "radar-1", "-P", SECRET, "-i", "radar-1", "-q", "1"]
    for message in ('{"status":2,"lux":45.3}', '{"status":9,"lux":45.3}', "hello"):
        topic = "mr60fda2/radar-1/state"
        subprocess.run(["mosquitto_pub", *login, "-t", topic, "-m", message], check=True, timeout=10)
    until(lambda: len(door.log.readings()) == 2 and len(door.log.undecoded()) == 2)
    kinds = [one.quantity for reading in door.log.readings() for one in reading.observations]
    assert kinds == ["fall", "presence", "unknown_vendor_event"]
    assert [one.reason.partition(":")[0] for one in door.log.undecoded()] == ["needs mapping", "payload"]
