"""Every sample of the vendors' guide is decoded, and its tables are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import gateway
from anhu.contract import topics, wire
from anhu.contract.errors import FieldError
from anhu.contract.guide import quantity_tables
from anhu.contract.schema import wire_schema
from gateway.codec import Command
from gateway.codecs import discover, open_json

GUIDE = (Path(gateway.__file__).parent / "README.md").read_text("utf-8")
SAMPLES = re.findall(r"```json\n(.*?)```", GUIDE, flags=re.DOTALL)
REPORTS = [s for s in SAMPLES if '"command"' not in s and '"answer"' not in s]
NOW_MS = 1_795_402_800_000


@pytest.mark.parametrize("sample", REPORTS)
def test_a_sample_is_decoded_and_valid(sample: str) -> None:
    assert wire.decode(sample.encode(), NOW_MS)
    assert Draft202012Validator(wire_schema()).is_valid(json.loads(sample))


def test_the_two_ways_to_send_a_waveform_are_shown() -> None:
    assert len(REPORTS) == 5
    assert {'"samples"', '"samples_int16"'} <= set(re.findall(r'"samples(?:_int16)?"', GUIDE))


def test_the_command_shown_is_the_command_sent() -> None:
    (shown,) = (s for s in SAMPLES if '"command"' in s)
    sent = open_json.encode(Command(name="ask_ok", command_id="c-4kq7", arguments={"seconds": 30}))
    assert json.loads(shown) == json.loads(sent)


def test_the_answer_shown_is_read_as_one() -> None:
    (shown,) = (s for s in SAMPLES if '"answer"' in s)
    assert Draft202012Validator(wire_schema()).is_valid(json.loads(shown))
    said = wire.answered(shown.encode())
    assert said is not None
    assert (said.id, said.ok, said.text) == ("c-4kq7", True, "will do")


def test_the_refusal_shown_is_the_refusal_given() -> None:
    with pytest.raises(FieldError) as raised:
        wire.decode(b'{"v":1,"values":{"heart_rate":{"value":9,"unit":"kPa"}}}', NOW_MS)
    assert f"```text\n{raised.value}\n```" in GUIDE


def test_what_is_tried_is_a_message_on_the_right_topic() -> None:
    (message,) = re.findall(r"-m '(.*?)'", GUIDE)
    assert wire.decode(message.encode(), NOW_MS)[0].quantity == "sos"
    assert topics.for_device(topics.UP, "DEVICE") in GUIDE
    assert topics.UP in GUIDE
    assert topics.COMMANDS in GUIDE


def test_the_tables_are_those_of_the_code() -> None:
    made = f"<!-- made by anhu docs: quantity-tables -->\n{quantity_tables()}\n<!-- end of quantity-tables -->"
    assert made in GUIDE, "run `anhu docs`"


def test_every_family_is_named() -> None:
    assert all(f"| `{name}` | {codec.title} |" in GUIDE for name, codec in discover().items())
