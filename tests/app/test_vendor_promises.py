"""What the device makers' guide promises in its own words, asked of the code."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from alerts.engine.calls_of_nobody import CallsOfNobody
from anhu.contract.meaning import is_call
from anhu.contract.observation import Event, TimeQuality
from anhu.contract.record import Reading
from gateway.codec import Example
from gateway.codecs.open_json import CODEC
from gateway.codecs.open_json.pushing import HTTP
from gateway.door_specs import HttpRequest
from gateway.vendor_bench.trial import Trial, try_payload

KEY, AT_MS = b"a-push-key", 1_795_300_000_000
MANY = b'[{"device":"watch-1","message":{"v":1,"values":{"spo2":96}}}]'


def tried(payload: bytes) -> Trial:
    return try_payload(CODEC, Example(name="", payload=payload, route="anhu/v1/dev-1/up").frame())


def test_what_can_be_read_of_a_message_that_breaks_a_rule_is_used() -> None:
    found = tried(b'{"v": 1, "values": {"battery": 39, "heart_rate": "?"}}')
    assert found.error
    assert [one.quantity for one in found.observations] == ["battery"]


@pytest.mark.parametrize("said", ['{"v": 1, "sos": true', '{"v": 1, "alarm": "help"}', "求助"])
def test_what_only_sounds_like_a_call_pages_as_well(said: str) -> None:
    (found,) = tried(said.encode()).observations
    assert isinstance(found, Event)
    assert is_call(found)


@pytest.mark.parametrize(("kind", "told"), [("drill_call", False), ("sos", True), ("fall", True)])
def test_a_drill_of_a_device_of_nobody_wakes_nobody_and_a_call_does(kind: str, told: bool) -> None:  # noqa: FBT001 - a row of the table
    calls = CallsOfNobody()
    calls.note(Reading("dev-1", "", AT_MS, (Event(kind, AT_MS, "on", {}, TimeQuality.RECEIVED),)))
    assert bool(calls) is told


@pytest.mark.parametrize("at", [f"{AT_MS // 1000}", f"{AT_MS}", "2026-11-21T22:26:40Z"])
@pytest.mark.parametrize("before", ["", "sha256="])
def test_an_array_is_signed_with_an_empty_device(at: str, before: str) -> None:
    signature = hmac.new(KEY, f"{at}\n\n".encode() + MANY, hashlib.sha256).hexdigest()
    headers = {"x-anhu-time": at, "x-anhu-signature": before + signature}
    assert HTTP.is_genuine(
        HttpRequest(method="POST", target="/push/x", headers=headers, body=MANY, received_at_ms=AT_MS), KEY
    )
