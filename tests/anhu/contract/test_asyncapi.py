"""The AsyncAPI document, as AsyncAPI's own parser reads it, with the schemas that it points to."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from anhu.contract import asyncapi, published_files, wire
from anhu.contract.published_files import ASYNCAPI_FILE
from gateway.codecs.open_json import CODEC
from gateway.door_specs import PUSH
from tests.services.finding import cache_folder

PARSER = "@asyncapi/parser@3.6.6"
PUBLISHED = Path(published_files.__file__).parent / "published"


@pytest.fixture(scope="module")
def parser() -> Path:
    """Install AsyncAPI's parser once a machine, outside the repository."""
    folder = cache_folder() / "asyncapi-parser" / PARSER.rpartition("@")[2]
    if not (folder / "node_modules" / "@asyncapi" / "parser" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), PARSER]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    return folder


def faults(file: Path, parser: Path) -> list[str]:
    script = Path(__file__).with_name("asyncapi_check.mjs")
    done = subprocess.run(
        ["node", str(script), str(file), str(parser)], check=True, timeout=60, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def test_the_parser_has_nothing_against_it(parser: Path) -> None:
    assert faults(PUBLISHED / ASYNCAPI_FILE, parser) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"action": "receive"', '"action": "subscribe"', "operations.receiveCommand.action"),
        ("./command-v1.schema.json", "./nowhere.json", "nowhere.json"),
        ("#/channels/urgent", "#/channels/urgend", "urgend"),
    ],
)
def test_the_parser_finds_what_is_wrong(parser: Path, tmp_path: Path, right: str, wrong: str, told: str) -> None:
    shutil.copytree(PUBLISHED, tmp_path / "published")
    file = tmp_path / "published" / ASYNCAPI_FILE
    text = file.read_text("utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong), "utf-8")
    assert any(told in fault for fault in faults(file, parser))


def test_its_channels_are_the_ways_that_a_device_has() -> None:
    channels = asyncapi.asyncapi()["channels"]
    assert CODEC.mqtt is not None
    ways = {*CODEC.mqtt.publish, CODEC.mqtt.commands, f"{PUSH}{{product}}"}
    assert {one["address"].replace("{deviceId}", "{device_id}") for one in channels.values()} == ways


def test_every_document_that_it_points_to_is_published() -> None:
    text = json.dumps(asyncapi.asyncapi())
    assert {name for name in published_files.documents() if f"./{name}" in text} == {
        name for name in published_files.documents() if name != ASYNCAPI_FILE
    }


def test_every_command_is_in_its_schema() -> None:
    made = json.loads(published_files.documents()["command-v1.schema.json"])
    assert {one["const"] for one in made["properties"]["command"]["oneOf"]} == set(wire.COMMANDS)
