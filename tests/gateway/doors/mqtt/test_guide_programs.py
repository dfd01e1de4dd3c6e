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
from tests.gateway.doors.mqtt.guide_lines import CutLine, Platform
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


LANGUAGES = pytest.mark.parametrize("language", ["python", "js", "c"])


@LANGUAGES
def test_it_obeys_once_and_says_what_it_cannot_do(door: Door, tmp_path: Path, node_mqtt: Path, language: str) -> None:
    door.commands.waiting += [ASK, ("dev-1", Command(name="firmware", command_id="c-5", arguments={"version": "2"}))]
    said = run(made(language, tmp_path, node_mqtt), door, tmp_path, SECONDS="3").splitlines()
    assert [line.split()[:2] for line in said if line.startswith(("obeyed", "cannot"))] == [
        ["obeyed", "ask_ok"],
        ["cannot", "firmware"],
    ]
    assert said[-1] == "answered 2"
    require_said(door)
    until(lambda: set(door.commands.done) == {"c-4kq7", "c-5"})
    until(lambda: ("dev-1", "c-5") in door.intake.answers._new)
    answers = door.intake.answers._new
    assert [answers["dev-1", key].is_refusal for key in ("c-4kq7", "c-5")] == [False, True]


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


@LANGUAGES
def test_without_a_command_it_ends_as_well(door: Door, tmp_path: Path, node_mqtt: Path, language: str) -> None:
    command = made(language, tmp_path, node_mqtt)
    assert run(command, door, tmp_path, SECONDS="1").splitlines()[-1] == "answered 0"
    require_said(door)


@LANGUAGES
def test_a_line_that_is_cut_costs_nothing(door: Door, tmp_path: Path, node_mqtt: Path, language: str) -> None:
    """The second line hears the log-in and ends before anything is acknowledged; the third one holds."""
    command = made(language, tmp_path, node_mqtt)
    with CutLine(door.port, cuts=2) as line:
        assert run(command, door, tmp_path, SECONDS="1", PORT=str(line.port)).splitlines()[-1] == "answered 0"
    assert line.lines == 3
    until(lambda: len(door.log.readings()) >= 2)
    found = [one for reading in door.log.readings() for one in reading.observations]
    assert {"heart_rate", "sos"} <= {one.quantity for one in found}


def test_c_understands_a_command_however_it_is_spaced(tmp_path: Path) -> None:
    """A broker in between, or another platform, may write its JSON in another way, and send a command twice."""
    spaced = b'{"v": 1, "arguments": {"text": "an \\"id\\": 3"}, "command" : "text", "id" :\n "c-9"}'
    with Platform([spaced, spaced]) as platform:
        run = subprocess.run(
            [compiled(tmp_path)],
            env={"HOST": "127.0.0.1", "PORT": str(platform.port), "DEVICE": "dev-1", "SECRET": "x", "SECONDS": "2"},
            timeout=30,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.stdout.splitlines() == ["on disk", "obeyed text", "answered 1"]
    answers = [one for one in platform.said if "answer" in one]
    assert answers == [{"v": 1, "answer": {"id": "c-9", "ok": True}}] * 2


@LANGUAGES
def test_after_a_wrong_secret_it_waits_a_minute(door: Door, tmp_path: Path, node_mqtt: Path, language: str) -> None:
    command = made(language, tmp_path, node_mqtt)
    login = {"HOST": "127.0.0.1", "PORT": str(door.port), "DEVICE": "dev-1", "SECRET": "wrong"}
    with subprocess.Popen(
        command, env={**os.environ, **login}, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        told = running.stdout.readline()
        assert re.search("(?i)refused", told)
        assert told.rstrip().endswith("again in 60 s")
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(timeout=2.5)
        running.kill()
    assert door.call(door.server.health)["logins_refused"] == 1


def test_a_device_that_one_yaml_file_describes_is_heard(door: Door) -> None:
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "radar-1", "-P", SECRET, "-i", "radar-1", "-q", "1"]
    for message in ('{"status":2,"lux":45.3}', '{"status":9,"lux":45.3}', "hello"):
        topic = "mr60fda2/radar-1/state"
        subprocess.run(["mosquitto_pub", *login, "-t", topic, "-m", message], check=True, timeout=10)
    until(lambda: len(door.log.readings()) == 2 and len(door.log.undecoded()) == 2)
    kinds = [one.quantity for reading in door.log.readings() for one in reading.observations]
    assert kinds == ["fall", "presence", "unknown_vendor_event"]
    assert [one.reason.partition(":")[0] for one in door.log.undecoded()] == ["needs mapping", "payload"]
