"""A channel is one folder: put there, it is everywhere at once; taken away, nothing is left of it, nothing breaks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
CHANNELS = Path("notify/channels")
TOY = Path(__file__).parent / "pigeon"
"""A whole channel, as its author would write it; texts, so that no walk finds it here."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the house; rooms in which nothing is written are only linked."""
    for name in ("api", "alerts", "anhu", "gateway", "ingest", "simulators", "dashboards", "tests"):
        (tmp_path / name).symlink_to(TOP / name)
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    for name in ("app", "notify"):
        shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def plant(tree: Path, folder: str = "pigeon", **other: str) -> None:
    """Put the toy channel there; `other` replaces texts of its declaration."""
    planted = tree / CHANNELS / folder
    planted.mkdir()
    for file in TOY.iterdir():
        shutil.copy(file, planted / file.stem)
    declaration = planted / "__init__.py"
    for old, new in other.items():
        text = declaration.read_text("utf-8")
        assert old in text
        declaration.write_text(text.replace(old, new), encoding="utf-8")


def run(tree: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("ANHU_")}
    env |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run([sys.executable, *command], cwd=tree, env=env, capture_output=True, text=True, check=False)


def anhu(tree: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(tree, "-m", "app", *command, **environment)


def contact(tree: Path, channel: str, address: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = ("--owner", "centre:c-1", "--channel", channel, "--address", address)
    return anhu(tree, "admin", "create-contact", "--data", str(tree / "data"), *given, **environment)


def test_a_planted_channel_is_everywhere_at_once(tree: Path) -> None:
    plant(tree)
    docs = anhu(tree, "docs", "--root", str(tree))
    assert docs.returncode == 0, docs.stderr
    readme = (tree / "app" / "README.md").read_text("utf-8")
    assert "| `ANHU_PIGEON_PORT` | `0` | port of the pigeonry |" in readme
    assert "| `ANHU_PIGEON_PASSWORD` |  | what the birds are told |" in readme
    made = anhu(tree, "admin", "create-centre", "--data", str(tree / "data"), "--id", "c-1", "--name", "c")
    assert made.returncode == 0, made.stderr
    assert "expected roof- and a name" in contact(tree, "pigeon", "cellar").stderr
    written = contact(tree, "pigeon", "roof-c", ANHU_PIGEON_PORT="7001")
    assert written.returncode == 0, written.stderr
    assert json.loads(written.stdout)["secret"]
    assert "expected a value of type int" in contact(tree, "pigeon", "roof-c", ANHU_PIGEON_PORT="loft").stderr
    help_text = anhu(tree, "admin", "create-contact", "--help").stdout
    assert "pigeon" in help_text
    shown = run(tree, "-c", _SHOW)
    assert json.loads(shown.stdout) == {
        "form": ["信鸽", "Roof", "text", True],
        "demo": ["pigeon", "roof-doctor"],
        "child": {"ANHU_PIGEON_PORT": "9"},
    }, shown.stderr


_SHOW = """
import json
from app.demo.greeting import receiver_addresses
from app.settings import Settings, from_environment
from notify.channels import contact_forms
form = contact_forms()["pigeon"]
child = from_environment({"ANHU_PIGEON_PORT": "9"}).environment()
demo = receiver_addresses(Settings(), "doctor")["pigeon"]
print(json.dumps({
    "form": [form.title.zh, form.label.en, form.kind, form.has_secret], "demo": ["pigeon", demo], "child": child,
}))
"""


def conformance(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the promise of all channels on the planted one."""
    suite = "tests/conformance/test_channels.py"
    return run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite, "-k", "pigeon")


def test_a_planted_channel_is_held_to_the_promise_of_all(tree: Path) -> None:
    plant(tree)
    suite = conformance(tree)
    assert suite.returncode == 0, suite.stdout[-3_000:]
    assert int(re.findall(r"(\d+) passed", suite.stdout)[0]) > 20
    sender = tree / CHANNELS / "pigeon" / "sender.py"
    sender.write_text(sender.read_text().replace("not answer.is_success", "answer.status_code == 999"))
    suite = conformance(tree)
    assert "test_who_takes_it_and_lies_gets_it_again_with_the_same_key[pigeon]" in suite.stdout
    assert suite.returncode == 1


@pytest.mark.parametrize(
    ("folder", "other", "missing", "said"),
    [
        ("pigeon", {'kind="text",': ""}, "", "missing 1 required keyword-only argument: 'kind'"),
        ("pigeon", {", per_minute=3": ""}, "", "missing 1 required keyword-only argument: 'per_minute'"),
        ("pigeon", {'"信鸽"': '""'}, "", "the form's title lacks a language"),
        (
            "pigeon",
            {'says("port of the pigeonry", "鸽舍的端口")': 'says(" ", "鸽舍的端口")'},
            "",
            "ANHU_PIGEON_PORT has no meaning for people",
        ),
        ("pigeon", {'Secret("")': 'Secret("coo")'}, "", "the secret pigeon_password has a default"),
        ("pigeon", {"frozen=True, ": ""}, "", "its settings are no frozen dataclass"),
        ("pigeon", {}, "fake.py", "channel 'pigeon' has no fake.py"),
        ("pigeon", {}, "sender.py", "channel 'pigeon' has no sender.py"),
        ("copied", {}, "", "channel 'pigeon' must be named like its folder"),
        ("pigeon", {"pigeon_port": "smtp_port"}, "", "ANHU_SMTP_PORT is wanted by the channels 'email' and 'pigeon'"),
        ("pigeon", {"pigeon_port": "mqtt_port"}, "", "wants ANHU_MQTT_PORT, which is the installation's own"),
    ],
)
def test_what_its_author_did_not_decide_stops_the_start(
    tree: Path, folder: str, other: dict[str, str], missing: str, said: str
) -> None:
    plant(tree, folder, **other)
    if missing:
        (tree / CHANNELS / folder / missing).unlink()
    started = run(tree, "-c", "from app.settings import from_environment; from_environment({})")
    assert started.returncode == 1
    assert said in started.stderr


def test_without_its_folder_nothing_is_left_and_nothing_breaks(tree: Path) -> None:
    shutil.rmtree(tree / CHANNELS / "email")
    assert anhu(tree, "docs", "--root", str(tree)).returncode == 0
    assert "SMTP" not in (tree / "app" / "README.md").read_text("utf-8")
    assert "ANHU_SMTP_HOST: got" in anhu(tree, "doctor", ANHU_SMTP_HOST="mail.example").stderr
    refused = contact(tree, "email", "a@b.example").stderr
    assert "got 'email', expected one of" in refused
    assert "webhook" in refused
    every = "import app.processes.dispatcher, app.processes.demo, app.processes.api, app.cli.up, app.demo.setting_up"
    greeting = "from app.demo.greeting import *; print(login_lines(demo_settings(Settings())))"
    started = run(tree, "-c", f"{every}\n{greeting}")
    assert started.returncode == 0, started.stderr
    assert "/doctor" in started.stdout


def test_no_source_outside_its_folder_names_a_channel() -> None:
    words = re.compile(r"smtp|\bemail\b|e-mail|webhook|wecom|dingtalk|feishu|web_push|\bspeaker\b", re.IGNORECASE)
    found = []
    for room in ("app", "api", "alerts", "anhu", "gateway", "ingest", "simulators", "notify"):
        for file in sorted((TOP / room).rglob("*.py")):
            if CHANNELS not in file.relative_to(TOP).parents and "migrations" not in file.parts:
                code = [line for line in _code(file.read_text("utf-8")) if words.search(line)]
                found += [f"{file.relative_to(TOP)}: {line.strip()}" for line in code]
    assert found == []


_NOT_NAMES = ("examples=", "Literal[")
"""Lines that hold an example for the API's document, or the kinds of input that HTML knows."""


def _code(text: str) -> list[str]:
    """Return the lines that may name no channel; docstrings may."""
    bare = re.sub(r'"""(?:.|\n)*?"""', "", text)
    return [line for line in bare.splitlines() if not any(word in line for word in _NOT_NAMES)]
