from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from anhu.contract import published_files, schema, wire
from anhu.contract.asyncapi import asyncapi
from anhu.contract.errors import FieldError
from anhu.contract.quantities import Kind, Quantity, of_kind
from anhu.contract.units import accepted_units
from gateway.codec import Example
from gateway.codecs.open_json import CODEC
from simulators.report import length_ms
from simulators.sources.scenarios import SCENARIOS

PUBLISHED = Path(schema.__file__).parent / "published"
NOW_MS = 1_795_300_000_000
VALIDATOR = Draft202012Validator(schema.wire_schema())


def accepts(payload: bytes) -> bool:
    return VALIDATOR.is_valid(json.loads(payload))


def decodes(payload: bytes) -> bool:
    try:
        wire.decode(payload, NOW_MS)
    except FieldError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(published_files.documents()))
def test_published_file_is_what_is_made(name: str) -> None:
    assert (PUBLISHED / name).read_text("utf-8") == published_files.documents()[name], "run `anhu docs`"


def test_nothing_else_is_published() -> None:
    assert {f.name for f in PUBLISHED.iterdir()} == set(published_files.documents())


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema.wire_schema())


@pytest.mark.parametrize("example", [e for e in CODEC.examples if e.observations], ids=lambda e: e.name)
def test_accepts_good_examples(example: Example) -> None:
    assert accepts(example.payload)


@pytest.mark.parametrize("row", of_kind(Kind.SCALAR), ids=lambda r: r.code)
def test_accepts_every_quantity_in_every_unit_that_is_decoded(row: Quantity) -> None:
    assert accepts(json.dumps({"v": 1, "values": {row.code: 1}}).encode())
    for unit in accepted_units(row.unit):
        payload = json.dumps({"v": 1, "values": {row.code: {"value": 1, "unit": unit}}}).encode()
        assert accepts(payload)
        assert decodes(payload)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_accepts_what_the_simulators_send(name: str) -> None:
    story = SCENARIOS[name].make(1)
    assert length_ms(story) > 0
    for report in story:
        payload = report.payload(NOW_MS)
        assert decodes(payload)
        assert accepts(payload), payload


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b'{"v":1}',
        b'{"values":{"spo2":97}}',
        b'{"v":2,"values":{"spo2":97}}',
        b'{"v":1,"values":{}}',
        b'{"v":1,"events":[]}',
        b'{"v":1,"values":{"spo2":"97"}}',
        b'{"v":1,"values":{"spo2":null}}',
        b'{"v":1,"values":{"hart_rate":72}}',
        b'{"v":1,"values":{"acceleration":1}}',
        b'{"v":1,"values":{"heart_rate":{"value":72,"unit":"kPa"}}}',
        b'{"v":1,"values":{"heart_rate":{"unit":"/min"}}}',
        b'{"v":1,"values":{"heart_rate":{"value":72,"foo":1}}}',
        b'{"v":1,"time":3,"values":{"spo2":97}}',
        b'{"v":1,"foo":1,"values":{"spo2":97}}',
        b'{"v":1,"events":[{"kind":"heart_rate"}]}',
        b'{"v":1,"events":[{"kind":"sos","state":"maybe"}]}',
        b'{"v":1,"events":[{"kind":"sos","attributes":{"a":[1]}}]}',
        b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":250,"channels":["II"]}]}',
        b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":0,"channels":["II"],"samples":[[1]]}]}',
        b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":250,"channels":[],"samples":[[1]]}]}',
        b'{"v":1,"waveforms":[{"quantity":"ecg","sampling_rate_hz":250,"channels":["II"],"samples":[]}]}',
    ],
)
def test_refuses_what_decode_refuses(payload: bytes) -> None:
    assert not decodes(payload)
    assert not accepts(payload)


def test_asyncapi_names_the_topics_and_the_schema() -> None:
    made = asyncapi()
    assert made["asyncapi"] == "3.0.0"
    assert made["channels"]["up"]["address"] == "anhu/v1/{deviceId}/up"
    assert made["channels"]["commands"]["address"] == "anhu/v1/{deviceId}/commands"
    for channel in made["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].rpartition("/")[2] in made["components"]["messages"]
    report = made["components"]["messages"]["report"]["payload"]["schema"]["$ref"]
    assert (PUBLISHED / report).is_file()


def test_write_makes_the_folder(tmp_path: Path) -> None:
    published_files.write(tmp_path / "docs" / "published")
    assert {f.name for f in (tmp_path / "docs" / "published").iterdir()} == set(published_files.documents())
