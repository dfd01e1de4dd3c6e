"""The programs of the device makers' guide, run as they are written there, against the door."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anhu.contract.observation import Event, Scalar
from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.mqtt.doors import SECRET, Door
from tests.gateway.doors.mqtt.test_other_clients import node_mqtt

__all__ = ["node_mqtt"]

GUIDE = Path(__file__).parents[4] / "docs" / "guide"
ENGLISH, CHINESE = ((GUIDE / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
PROGRAMS: list[tuple[str, str]] = FENCE.findall(ENGLISH)


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
    assert [kind for kind, _ in PROGRAMS] == ["sh", "sh", "python", "js", "c"]


def test_the_chinese_guide_has_the_same_programs() -> None:
    assert FENCE.findall(CHINESE) == PROGRAMS


def test_shell(door: Door, tmp_path: Path) -> None:
    run(["sh", "-e", "-c", program("sh")], door, tmp_path)
    require_said(door)


def test_curl(door: Door, tmp_path: Path) -> None:
    run(["sh", "-e", "-c", program("sh", 1)], door, tmp_path)
    until(lambda: len(door.log.readings()) == 1)


def test_python(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "device.py"
    file.write_text(program("python"), "utf-8")
    assert run([sys.executable, str(file)], door, tmp_path) == "on disk\non disk\n"
    require_said(door)


def test_javascript(door: Door, tmp_path: Path, node_mqtt: Path) -> None:
    file = tmp_path / "device.mjs"
    file.write_text(program("js"), "utf-8")
    (tmp_path / "node_modules").symlink_to(node_mqtt / "node_modules")
    assert run(["node", str(file)], door, tmp_path) == "on disk\n"
    require_said(door)


def compiled(folder: Path) -> str:
    compiler = shutil.which("cc")
    assert compiler is not None, "a C compiler is needed"
    (folder / "device.c").write_text(program("c"), "utf-8")
    strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1"]
    subprocess.run([compiler, *strict, "-o", "device", "device.c"], cwd=folder, check=True, timeout=60)
    return str(folder / "device")


def test_c(door: Door, tmp_path: Path) -> None:
    assert run([compiled(tmp_path)], door, tmp_path) == "on disk\n"
    require_said(door)


def test_c_is_told_a_wrong_secret(door: Door, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="refused: 4"):
        run([compiled(tmp_path)], door, tmp_path, SECRET="wrong")


def test_a_device_that_one_yaml_file_describes_is_heard(door: Door) -> None:
    login = ["-h", "127.0.0.1", "-p", str(door.port), "-u", "radar-1", "-P", SECRET, "-i", "radar-1", "-q", "1"]
    for message in ('{"status":2,"lux":45.3}', '{"status":9,"lux":45.3}', "hello"):
        topic = "mr60fda2/radar-1/state"
        subprocess.run(["mosquitto_pub", *login, "-t", topic, "-m", message], check=True, timeout=10)
    until(lambda: len(door.log.readings()) == 2 and len(door.log.undecoded()) == 2)
    kinds = [one.quantity for reading in door.log.readings() for one in reading.observations]
    assert kinds == ["fall", "presence", "unknown_vendor_event"]
    assert [one.reason.partition(":")[0] for one in door.log.undecoded()] == ["needs mapping", "payload"]
