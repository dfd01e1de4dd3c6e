"""The schemas of descriptions: an editor's, and those of the messages that they read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway import codecs
from gateway.mapping.description import NAMES
from gateway.mapping.file_schema import file_schema
from gateway.mapping.loading import load_mapping, mapped_from, mapping_files
from gateway.mapping.marked_yaml import MappingError, as_json_value, read_marked
from gateway.mapping.message_schema import message_schema
from tests.gateway.mapping.test_readme import EXAMPLE

FILES = mapping_files(Path(codecs.__file__).parent)
OF_NO_KIND = {"a message of a kind that nobody mapped", "one whose word is a call"}
"""Examples of messages that no group of their description knows."""
FILE = Draft202012Validator(file_schema())
ACME = Draft202012Validator(message_schema(mapped_from(EXAMPLE, "acme.yaml")))


def plain(text: str) -> object:
    return as_json_value(read_marked(text, "acme.yaml"))


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_description_is_valid_and_so_are_the_messages_that_it_shows(name: str) -> None:
    FILE.validate(plain(FILES[name].read_text("utf-8")))
    made = message_schema(load_mapping(FILES[name]))
    Draft202012Validator.check_schema(made)
    validator = Draft202012Validator(made)
    shown = [one for one in load_mapping(FILES[name]).codec.examples if one.error is None]
    assert shown
    assert {one.name for one in shown if not validator.is_valid(json.loads(one.payload))} <= OF_NO_KIND


def test_the_schema_of_a_file_knows_every_name_that_the_reader_knows() -> None:
    Draft202012Validator.check_schema(file_schema())
    assert set(file_schema()["properties"]) == set(NAMES)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("quantity: heart_rate, absent", "quantity: hart_rate, absent"),
        ("1: sos", "1: fal"),
        ("1: sos", "1: sos off"),
        ("scale: 0.1", "scale: small"),
        ("ignore: [fw]", "ignores: [fw]"),
        ("codec: acme_watch", "codec: Acme"),
        ("form: epoch_s", "form: epoch"),
        ("    attributes:", "    says: sos\n    attributes:"),
    ],
)
def test_what_an_editor_marks_the_reader_refuses_too(right: str, wrong: str) -> None:
    assert EXAMPLE.count(right)
    FILE.validate(plain(EXAMPLE))
    broken = EXAMPLE.replace(right, wrong, 1)
    with pytest.raises(MappingError):
        mapped_from(broken, "acme.yaml")
    assert not FILE.is_valid(plain(broken))


def test_a_number_says_what_it_means_and_how_it_is_reckoned() -> None:
    made = message_schema(mapped_from(EXAMPLE, "acme.yaml"))
    temperature = made["properties"]["vitals"]["properties"]["temp"]
    assert temperature["title"].startswith("body_temperature: Body temperature / 体温 [Cel]")
    assert temperature["description"].startswith("times 0.1; not measured:")


@pytest.mark.parametrize("message", [{"alarm": 77}, {"vitals": {"hr": "--"}}, {"new": 1}, {"alarm": "1"}])
def test_a_schema_is_as_forgiving_as_the_reader(message: dict[str, object]) -> None:
    ACME.validate(message)


@pytest.mark.parametrize("message", [[], "sos", {"vitals": {"hr": {"value": 72}}}])
def test_what_says_nothing_is_not_valid(message: object) -> None:
    assert not ACME.is_valid(message)


def test_a_kind_of_message_that_no_group_knows_is_not_valid_and_any_case_of_one_is() -> None:
    radar = Draft202012Validator(message_schema(load_mapping(FILES["bed_radar"])))
    assert radar.is_valid({"msgType": "ALARM", "data": {"code": 101}})
    assert not radar.is_valid({"msgType": "weather", "data": {"code": 101}})
