"""What becomes of a message that its codec refuses: what can be understood goes on, and a call is never silent."""

from __future__ import annotations

import gzip

import msgspec
import pytest

from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Event, Scalar
from gateway.codec import Codec, Frame
from gateway.codecs import discover
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from gateway.salvage import REFUSED, Salvage
from tests.conformance.test_codec_flaws import on_the_desk, taken

CODECS = discover()
NOW_MS = 1_795_300_000_000
ROUTES = {
    "open_json": "anhu/v1/dev-1/up",
    "zigbee2mqtt": "zigbee2mqtt/hall",
    "huawei_iotda": "$oc/devices/dev-1/sys/properties/report",
    "imede_watch": "iMEDE_watch/VitalSign",
}


def frame(payload: bytes | str, codec: str = "open_json", *, route: str = "", later_ms: int = 0) -> Frame:
    raw = payload.encode() if isinstance(payload, str) else payload
    where = route or ROUTES[codec]
    return Frame(door=DoorKind.MQTT, route=where, payload=raw, device_id="dev-1", received_at_ms=NOW_MS + later_ms)


def desk(payload: bytes | str, codec: str = "open_json", *, route: str = "") -> list[tuple[str, str]]:
    readings, letters = taken(CODECS[codec], frame(payload, codec, route=route))
    assert letters
    return on_the_desk(readings) if readings else []


@pytest.mark.parametrize("codec", sorted(ROUTES))
@pytest.mark.parametrize(
    "said",
    [
        "SOS", "$SOS,1,2,3#", "<alarm><type>SOS</type></alarm>", "imei=1&type=fall", "AT+HELP", "求助", "老人跌倒了",
        "燃气泄漏", "着火", "Notruf", "Sturz erkannt", "chute détectée", "помощь", "socorro", "smoke:alarm",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_bytes_that_read_like_a_call_are_on_the_desk(codec: str, said: str, encoding: str) -> None:
    assert desk(said.encode(encoding), codec) == [("unknown_alarm", "HIGH")]


@pytest.mark.parametrize(
    "said",
    [
        "hello", "battery=80", "sos=0", "smoke:normal", "fall_sensitivity=3", "alarm_volume=high", "未跌倒", "报警音量",
        "报警解除", "no fall", "fall=false", "{", "", "\0", "....", "temperature", '{"config":{"sos":true}}',
        '{"v":1,"settings":{"fall_alarm":{"enabled":true}}}', '{"v":1,"events":[{"kind":"smoke","state":"cleared"}]}',
    ],
)  # fmt: skip
def test_bytes_that_say_nothing_of_help_are_kept_and_wake_nobody(said: str) -> None:
    assert desk(said) == []


@pytest.mark.parametrize("said", ["x", "", "\x01\x02", "{}", '{"IMEI":'])
@pytest.mark.parametrize("topic", ["sos", "SOS", "fallDown", "FALLDOWN"])
def test_a_topic_that_is_a_call_is_one_whatever_it_brings(topic: str, said: str) -> None:
    readings, _ = taken(CODECS["imede_watch"], frame(said, "imede_watch", route=f"iMEDE_watch/{topic}"))
    assert [priority for _, priority in on_the_desk(readings)] == ["HIGH"]


def test_the_topic_that_waits_behind_nothing_is_a_call_by_itself() -> None:
    assert desk(b"\x07\x01", route="anhu/v1/dev-1/urgent") == [("unknown_alarm", "HIGH")]
    assert desk(b"\x07\x01") == []


def test_what_is_said_to_be_well_is_no_call_even_there() -> None:
    assert desk("ok", route="anhu/v1/dev-1/urgent") == []


def test_the_desk_reads_why_and_what_in_signs_that_do_nothing_to_it() -> None:
    readings, (letter,) = taken(CODECS["open_json"], frame(b"\x1b[2J SOS \xe2\x80\xae\x00\x07"))
    (call,) = readings[0].observations
    assert isinstance(call, Event)
    assert call.attributes["vendor_type"] == REFUSED
    assert call.attributes["word"] == "SOS"
    for shown in call.attributes.values():
        assert str(shown).isprintable()
    assert letter.payload == b"\x1b[2J SOS \xe2\x80\xae\x00\x07"


def test_one_device_cannot_flood_the_desk_and_another_is_heard_meanwhile() -> None:
    counters = IntakeCounters()
    salvage = Salvage(counters)
    codec = CODECS["open_json"]
    found = [
        one
        for n in range(5_000)
        for one in salvage.of(frame(f"SOS {n} ".encode() * 200, later_ms=n * 12), codec, "no JSON")
    ]
    assert len(found) == 1
    assert counters.refused_calls == 1
    assert counters.refused_unseen >= 4_999
    other = msgspec.structs.replace(frame("SOS", later_ms=60_000), device_id="dev-2")
    assert len(salvage.of(other, codec, "no JSON")) == 1
    assert len(salvage.of(frame("SOS", later_ms=MINUTE_MS + 1), codec, "no JSON")) == 1


def test_a_call_after_a_flood_of_the_same_device_is_still_seen_at_a_glance() -> None:
    salvage = Salvage(IntakeCounters())
    codec = CODECS["open_json"]
    for n in range(1_000):
        salvage.of(frame(b"{" * 4_000, later_ms=n), codec, "no JSON")
    (call,) = salvage.of(frame('{"v":2,"events":[{"kind":"sos"}]', later_ms=1_001), codec, "v")
    assert isinstance(call, Event)
    assert call.attributes["urgent"] is True


def test_what_is_remembered_of_devices_is_bounded() -> None:
    salvage = Salvage(IntakeCounters())
    for n in range(60_000):
        salvage.of(msgspec.structs.replace(frame("SOS"), device_id=f"d-{n}"), None, "codec")
    assert max(len(salvage._looks), len(salvage._called_ms)) <= 50_000


def test_a_device_whose_codec_is_not_there_can_call_nevertheless() -> None:
    sender = DeviceEntry(device_id="dev-1", secret_sha256=b"", codec="telepathy", partition_key="c", resident_id="r-1")
    counters = IntakeCounters()
    records = FrameDecoder({}, counters, CommandAnswers()).records_of(frame('{"alarm":"求助"}'), sender)
    assert len(records) == 2
    assert (counters.refused_calls, counters.undecoded) == (1, 1)


def test_a_codec_that_breaks_costs_no_call() -> None:
    def broken(_: Frame) -> tuple[()]:
        raise ZeroDivisionError

    codec = Codec(name="open_json", title="t", data_sheet="d", decode=broken, examples=())
    readings, (letter,) = taken(codec, frame('{"v":1,"events":[{"kind":"sos"}]}'))
    assert on_the_desk(readings) == [("unknown_alarm", "HIGH")]
    assert "ZeroDivisionError" in letter.reason


def test_the_good_numbers_beside_a_bad_one_are_kept() -> None:
    readings, (letter,) = taken(CODECS["open_json"], frame('{"v":1,"values":{"spo2":NaN,"heart_rate":"72"}}'))
    (only,) = readings[0].observations
    assert isinstance(only, Scalar)
    assert (only.quantity, only.value) == ("heart_rate", 72.0)
    assert "malformed" in letter.reason


@pytest.mark.parametrize(
    ("time", "off_ms"),
    [
        ('"1970-01-01T00:02:11Z"', 0), ("0", 0), ("-1", 0), ("131", 0), ("1795299990", -10_000), ("true", 0),
        ("1795299990000000", -10_000), ("1795299990000000000", -10_000), ('"1795299990"', -10_000), ('""', 0),
        ('"2026-11-21 22:26:40"', 0), ('"21/11/2026"', 0), ('"2106-02-07T06:28:15Z"', 0), ("[]", 0), ("1e400", 0),
    ],
)  # fmt: skip
def test_a_wrong_clock_costs_no_call(time: str, off_ms: int) -> None:
    payload = f'{{"v":1,"time":{time},"events":[{{"kind":"sos"}},{{"kind":"fall","time":{time}}}]}}'
    readings, letters = taken(CODECS["open_json"], frame(payload))
    assert letters
    assert [(one.quantity, one.observed_at_ms - NOW_MS) for one in readings[0].observations] == [
        ("sos", off_ms),
        ("fall", off_ms),
    ]


def test_a_brace_among_compressed_bytes_hides_no_call() -> None:
    chance = int.from_bytes(b"{a:1", "little")
    packed = gzip.compress(b'{"v":1,"events":[{"kind":"sos"}]}', mtime=chance)
    assert desk(packed) == [("sos", "HIGH")]


@pytest.mark.parametrize("other", ["客廳".encode("big5"), "Küche".encode("latin-1"), b"\xe5\xae"])
def test_a_word_in_one_encoding_is_heard_beside_a_field_in_another(other: bytes) -> None:
    payload = b'{"place":"' + other + b'","msgType":"' + "求助".encode() + b'"}'
    assert desk(payload) == [("unknown_alarm", "HIGH")]
    quiet = b'{"place":"' + other + b'","msgType":"' + "正常".encode() + b'"}'
    assert desk(quiet) == []
