"""A vendor's payload is answered with what the gateway would make of it, or with the exact error."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from anhu.contract.observation import Decoded, Event
from gateway.codec import Codec, Example, Frame
from gateway.codecs import discover
from gateway.codecs.open_json import CODEC as OPEN
from gateway.vendor_bench.examination import examine
from gateway.vendor_bench.trial import try_payload

UP = "anhu/v1/dev-1/up"


def frame(payload: bytes, route: str = UP) -> Frame:
    return Example(name="x", payload=payload, route=route).frame()


def test_observations_come_with_unit_and_time() -> None:
    tried = try_payload(OPEN, frame(b'{"v":1,"values":{"battery":88}}'))
    assert tried.as_json() == {
        "observations": [
            {
                "quantity": "battery",
                "value": 88.0,
                "unit": "%",
                "observed_at": "2026-11-21T22:26:40.000Z",
                "time_from": "received",
            }
        ]
    }


def test_a_refused_message_says_why_and_what_is_rescued() -> None:
    tried = try_payload(OPEN, frame(b'{"v":1,"events":[{"kind":"sos"}],"values":{"heart_rate":"?"}}'))
    assert "Expected `float | object`, got `str` - at `$.values[...]`" in tried.error
    assert [one.quantity for one in tried.observations] == ["sos"]
    assert not tried.crashed


def test_a_topic_of_somebody_else_is_said() -> None:
    assert try_payload(OPEN, frame(b'{"v":1,"values":{"battery":88}}', "anhu/v1/dev-2/up")).elsewhere


def test_a_call_on_the_wrong_topic_is_read_as_the_door_reads_it() -> None:
    tried = try_payload(OPEN, frame(b'{"v":1,"events":[{"kind":"sos"}],"values":{"battery":88}}', "anhu/v1/dev-2/up"))
    assert tried.error.startswith("topic: got another one, expected one of this device's: anhu/v1/{device_id}/up")
    (call,) = tried.observations
    assert isinstance(call, Event)
    assert (call.kind, call.attributes["urgent"]) == ("unknown_vendor_event", True)
    assert not try_payload(OPEN, frame(b'{"v":1,"values":{"battery":88}}', "anhu/v1/dev-2/up")).observations


def test_numbers_that_cannot_be_are_named() -> None:
    tried = try_payload(OPEN, frame(b'{"v":1,"values":{"heart_rate":0,"spo2":0.97,"battery":88}}'))
    assert tried.as_json()["implausible"] == ["heart_rate", "spo2"]


def test_a_heartbeat_is_silent() -> None:
    found = discover()["zigbee2mqtt"]
    assert try_payload(found, frame(b"[]", "zigbee2mqtt/bridge/devices")).is_silent


def crash(frame: Frame) -> Decoded:
    raise ZeroDivisionError(frame.route)


def future(frame: Frame) -> Decoded:
    return (Event("sos", frame.received_at_ms * 10, "on"),)


def test_a_codec_that_crashes_is_the_codecs_fault_and_the_call_is_rescued() -> None:
    tried = try_payload(replace(OPEN, decode=crash, salvage=None), frame(b'{"sos":true}'))
    assert tried.crashed
    assert tried.error == "codec open_json failed: ZeroDivisionError: anhu/v1/dev-1/up"
    assert tried.observations


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_codec_passes_its_own_examination(name: str) -> None:
    examined = examine(discover()[name])
    assert examined.passed, [one for one in examined.checks if not one.passed]
    assert examined.vectors == examined.vectors_passed
    assert examined.fuzzed_bytes > 10_000


def test_an_examination_is_the_same_every_time() -> None:
    assert examine(OPEN) == examine(OPEN)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (replace(OPEN, decode=crash), "ZeroDivisionError"),
        (replace(OPEN, decode=future), "not between the years"),
        (replace(OPEN, mqtt=None, http=None, encode=None), "at least one of mqtt, http and tcp"),
        (replace(OPEN, title=""), "says"),
        (replace(OPEN, examples=()), "brings"),
    ],
)
def test_a_codec_that_is_wrong_fails_its_examination(wrong: Codec, what: str) -> None:
    failed = [one for one in examine(wrong).checks if not one.passed]
    assert any(what in f"{one.key} {one.detail}" for one in failed)


def test_the_cost_is_measured_with_the_clock_that_is_given() -> None:
    ticks = iter(range(0, 10**9, 1_000_000))
    cost = examine(OPEN, steady_ns=lambda: next(ticks)).cost
    assert cost is not None
    assert cost.low_us == cost.median_us == cost.high_us


def test_what_comes_out_is_json() -> None:
    for codec in discover().values():
        for example in codec.examples:
            assert msgspec.json.encode(try_payload(codec, example.frame()).as_json())
