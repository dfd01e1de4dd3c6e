"""A described device whose cloud pushes: whose a message is, by which token, what is answered, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from gateway.codec import Codec, Frame
from gateway.codec_checks import check_codecs
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind, HttpRequest
from gateway.mapping.loading import mapped_from
from gateway.mapping.marked_yaml import MappingError
from gateway.vendor_bench.examination import examine
from tests.gateway.doors.push_door import Rig, behind
from tests.gateway.doors.toy_push import AT_MS, KEY

PUSHED = """\
codec: acme_cloud
title: Acme's cloud
data_sheet: Acme cloud 1.0
http: {device: imei, each: data.list, header: X-Acme-Key, answer: '{"errcode":0}'}
message_id: seq
numbers:
  - {path: hr, quantity: heart_rate}
events:
  - path: key
    values: {1: sos, 0: nothing}
examples:
  - name: heart rate
    door: http
    payload: '{"imei":"dev-1","seq":7,"hr":72}'
    gives: [{quantity: heart_rate, value: 72}]
  - name: a call
    payload: '{"imei":"dev-1","key":1}'
    gives: [{event: sos}]
"""


def described(text: str = PUSHED) -> Codec:
    mapped = mapped_from(text, "acme.yaml")
    assert not mapped.mistakes
    return mapped.codec


def pushed(body: bytes, headers: Mapping[str, str] | None = None, query: str = "") -> HttpRequest:
    given = {"x-acme-key": KEY.decode()} if headers is None else headers
    return HttpRequest(method="POST", target=f"/push/toy{query}", headers=given, body=body, received_at_ms=AT_MS)


def test_one_file_is_a_whole_codec_for_a_cloud() -> None:
    codec = described()
    check_codecs({codec.name: codec})
    assert codec.doors == (DoorKind.HTTP,)
    assert examine(codec).passed


def test_a_push_of_several_is_taken_apart_answered_in_the_vendor_s_words_and_costs_nobody_a_call() -> None:
    async def work(rig: Rig) -> None:
        said = [
            {"imei": "dev-1", "seq": 1, "hr": 72},
            {"imei": "dev-2", "key": 1},
            {"hr": 1},
            {"imei": "gone", "key": 1},
        ]
        body = msgspec.json.encode({"data": {"list": said}})
        assert await rig.push(pushed(body)) == (200, {"errcode": 0})
        told = {(one.device_id, one.resident_id, one.observations[0].quantity) for one in rig.log.readings()}
        assert told == {("dev-1", "r-dev-1", "heart_rate"), ("dev-2", "r-dev-2", "sos"), ("gone", "", "sos")}
        assert {held.frame.device_id for held in rig.strangers.held} >= {"gone"}, "and waits to be adopted"
        assert (await rig.push(pushed(b'{"data":{}}')))[0] == 200, "it would not be better the next time"
        assert [one.payload for one in rig.log.undecoded()][-1:] == [b'{"data":{}}']

    behind(work, family=described())


@pytest.mark.parametrize("way", ["header", "bearer", "query"])
def test_the_key_comes_as_a_token_and_nothing_goes_without_it(way: str) -> None:
    body, key = b'{"data":{"list":[{"imei":"dev-1","hr":72}]}}', KEY.decode()
    forms: dict[str, tuple[dict[str, str], str]] = {
        "header": ({"x-acme-key": "?"}, ""),
        "bearer": ({"authorization": "Bearer ?"}, ""),
        "query": ({}, "?token=?"),
    }

    async def work(rig: Rig) -> None:
        for said, status in ((key, 200), ("guessed", 403), ("", 403)):
            headers = {name: value.replace("?", said) for name, value in forms[way][0].items()}
            query = forms[way][1][:-1] + said.replace(" ", "%20").replace("'", "%27") if forms[way][1] else ""
            assert (await rig.push(pushed(body, headers, query)))[0] == status
        assert len(rig.log.readings()) == 1

    behind(work, family=described())


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("device: imei", "devise: imei", "line 4 column 16: http: got 'devise', expected device?"),
        ("device: imei", "device: '$topic[1]'", "line 4 column 16: http.device: got '$topic[1]'"),
        ("each: data.list", "each: 'data[*]'", "line 4 column 28: http.each: got 'data[*]', expected names alone"),
        ("header: X-Acme-Key", "header: 'X Acme'", "http.header: got 'X Acme', expected the name of a header"),
        ("device: imei", "device: serial", "a device at serial of example 'heart rate'"),
        ("    door: http\n", "    door: htp\n", "line 13 column 11: examples[0].door: got 'htp', expected http?"),
        ("title:", "payload: text\ntitle:", "payload: json beside it"),
    ],
)
def test_a_mistake_names_line_and_column(right: str, wrong: str, said: str) -> None:
    assert right in PUSHED
    with pytest.raises(MappingError) as raised:
        mapped_from(PUSHED.replace(right, wrong), "acme.yaml")
    assert said in str(raised.value)


def test_beside_mqtt_a_push_needs_an_example_of_its_own() -> None:
    both = PUSHED.replace("http:", "mqtt: {publish: 'acme/{device_id}/up'}\nhttp:")
    assert described(both).doors == (DoorKind.MQTT, DoorKind.HTTP)
    with pytest.raises(MappingError, match="an example with door: http"):
        mapped_from(both.replace("    door: http\n", "    topic: acme/dev-1/up\n"), "acme.yaml")


class Gate:
    """One decoder of a described family, and what a device says to it."""

    def __init__(self, text: str = PUSHED) -> None:
        codec = described(text)
        self.counters = IntakeCounters()
        self._decoder = FrameDecoder({codec.name: codec}, self.counters, CommandAnswers())
        self._codec = codec.name

    def kept(self, payload: bytes, at_ms: int = AT_MS) -> bool:
        device = DeviceEntry(device_id="dev-1", secret_sha256=b"", codec=self._codec, partition_key="c")
        frame = Frame(
            door=DoorKind.HTTP, route="/push/x", payload=payload, device_id="dev-1", received_at_ms=at_ms
        )  # fmt: skip
        return bool(self._decoder.records_of(frame, device))


def test_a_message_that_comes_again_with_its_number_is_the_same_one() -> None:
    gate, said = Gate(), b'{"imei":"dev-1","seq":7,"hr":72}'
    assert [gate.kept(said), gate.kept(said, AT_MS + 1_000)] == [True, False]
    assert gate.counters.repeats == 1
    assert gate.kept(said, AT_MS + 400_000), "numbers begin anew"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b'{"imei":"dev-1","seq":0,"hr":72}', b'{"imei":"dev-1","seq":0,"hr":73}'),
        (b'{"imei":"dev-1","hr":72}', b'{"imei":"dev-1","hr":72}'),
        (b'{"imei":"dev-1","seq":null,"hr":72}', b'{"imei":"dev-1","seq":null,"hr":72}'),
        (b'{"imei":"dev-1","seq":7,"key":1}', b'{"imei":"dev-1","seq":7,"key":1}'),
    ],
    ids=["a number that never changes", "none", "an empty one", "a call for help"],
)
def test_nothing_is_left_out_that_may_be_another_message_or_a_call(first: bytes, second: bytes) -> None:
    gate = Gate()
    assert [gate.kept(first), gate.kept(second, AT_MS + 1_000)] == [True, True]


def test_what_the_log_refused_is_no_repeat_when_it_comes_again() -> None:
    gate, said = Gate(), b'{"imei":"dev-1","seq":7,"hr":72}'
    assert gate.kept(said)
    gate.counters.log_failures += 1
    assert gate.kept(said, AT_MS + 1_000)
