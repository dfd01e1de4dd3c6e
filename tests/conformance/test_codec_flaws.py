"""A call survives the flaw beside it, in every codec: a person on the floor must not wait for a better JSON writer.

Each example of a codec that is a call for help is sent again with one thing wrong with it, as devices in the field do.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping

import msgspec
import pytest

from alerts.detectors import discover as detectors
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.errors import FieldError
from anhu.contract.meaning import is_call
from anhu.contract.observation import Event
from anhu.contract.record import Reading, Undecoded, decode_entry
from gateway.codec import Codec, Example, Frame, Sources
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry
from gateway.door_specs import DoorKind
from tests.conformance.test_codecs import CODECS

Flaw = Callable[[bytes], bytes]


def _within(before: bytes) -> Flaw:
    return lambda payload: b"{" + before + b"," + payload[1:]


def _as(encoding: str, beside: str = "") -> Flaw:
    return lambda payload: ("{" + beside + payload.decode()[1:]).encode(encoding)


OF_ANY: Mapping[str, Flaw] = {
    "a zero byte at the end": lambda p: p + b"\0",
    "a buffer of zero bytes at the end": lambda p: p + bytes(40),
    "a line end": lambda p: p + b"\r\n",
}
OF_JSON: Mapping[str, Flaw] = {
    "a zero byte in front": lambda p: b"\0" + p,
    "the end of a file": lambda p: p + b"\x1a",
    "a mark of order": lambda p: b"\xef\xbb\xbf" + p,
    "UTF-16 with a mark": _as("utf-16"),
    "UTF-16, low byte first": _as("utf-16-le"),
    "UTF-16, high byte first": _as("utf-16-be"),
    "UTF-32": _as("utf-32"),
    "GBK beside it": _as("gbk", '"place":"客厅",'),
    "Big5 beside it": _within('"place":"客廳"'.encode("big5")),
    "Latin-1 beside it": _within('"place":"Küche"'.encode("latin-1")),
    "broken UTF-8 beside it": _within(b'"x":"\xe5\xae"'),
    "half a letter beside it": _within(b'"x":"\\ud83d"'),
    "not a number beside it": _within(b'"x":NaN'),
    "infinity beside it": _within(b'"x":-Infinity'),
    "a number beyond all beside it": _within(b'"x":1e999'),
    "a number of 400 digits beside it": _within(b'"x":' + b"9" * 400),
    "a number with zeros in front beside it": _within(b'"x":007'),
    "no value beside it": _within(b'"x":'),
    "undefined beside it": _within(b'"x":undefined'),
    "a wrong escape beside it": _within(rb'"x":"C:\q"'),
    "a line end in a text beside it": _within(b'"x":"a\nb"'),
    "nesting without end beside it": _within(b'"x":' + b"[" * 3000 + b"]" * 3000),
    "the last brace is missing": lambda p: p[:-1],
    "cut off in the middle of the next field": lambda p: p[:-1] + b',"remark":"ab',
    "a comma too many": lambda p: p[:-1] + b",}",
    "single quotes": lambda p: p.replace(b'"', b"'"),
    "after another message": lambda p: b'{"heartbeat":1}' + p,
    "after another line": lambda p: b'{"heartbeat":1}\n' + p,
    "twice": lambda p: p + b"\n" + p,
    "in a list, after another": lambda p: b'[{"heartbeat":1},' + p + b"]",
    "what a modem prints in front": lambda p: b"+QMTPUB: 0,1,0," + p,
    "a check sum behind it": lambda p: p + b"*7F",
    "JSON as a text": lambda p: json.dumps(p.decode()).encode(),
    "within an envelope": lambda p: b'{"msgId":"1","data":' + p + b"}",
    "within an envelope, as a text": lambda p: json.dumps({"msgId": "1", "payload": p.decode()}).encode(),
    "hexadecimal digits": lambda p: p.hex().encode(),
    "hexadecimal digits, apart": lambda p: p.hex(" ").upper().encode(),
    "Base64": base64.b64encode,
    "gzip": gzip.compress,
}


def is_a_call(example: Example) -> bool:
    return any(type(one) is Event and one.state == "on" and is_call(one) for one in example.observations or ())


CALLS = [(codec, one) for _, codec in sorted(CODECS.items()) for one in codec.examples if is_a_call(one)]
CASES = [
    pytest.param(codec, one, flaw, id=f"{codec.name}: {one.name}: {name}")
    for codec, one in CALLS
    if one.door is not DoorKind.TCP  # that door cuts packets by their own length
    for name, flaw in {**OF_ANY, **(OF_JSON if one.payload[:1] == b"{" else {})}.items()
]


def taken(codec: Codec, frame: Frame) -> tuple[list[Reading], list[Undecoded]]:
    """Return what the gateway makes of a frame: readings, and letters with the reason."""
    sender = DeviceEntry(
        device_id=frame.device_id, secret_sha256=b"", codec=codec.name, partition_key="c", resident_id="r-1"
    )
    records = [
        one
        for _, raw in FrameDecoder({codec.name: codec}, IntakeCounters(), CommandAnswers()).records_of(frame, sender)
        for one in decode_entry(raw)
    ]
    letters = [one for one in records if isinstance(one, Undecoded)]
    return [one.reading() for one in records if not isinstance(one, Undecoded)], letters


def on_the_desk(readings: list[Reading]) -> list[tuple[str, str]]:
    """Return (kind, priority) of what the alarm engine finds in readings of one resident, and calls of nobody."""
    engine = Engine(detectors())
    who = {one.device_id: one for one in readings}
    start_ms = min(one.received_at_ms for one in readings)
    engine.update_roster([WatchedDevice(one, "r-1", Profile(), enrolled_at_ms=start_ms) for one in who])
    found = [f for one in readings for f in engine.feed(one)]
    found += engine.advance(start_ms + 5_000)
    nobodys = [(one.kind, "NOBODYS") for one in engine.calls_of_nobody.waiting().values()]
    return [(f.finding.kind, f.finding.priority.name) for f in found] + nobodys


def test_every_family_that_calls_is_tried() -> None:
    assert {codec.name for codec, _ in CALLS} >= {"open_json", "zigbee2mqtt", "huawei_iotda", "imede_watch"}


@pytest.mark.parametrize(("codec", "example", "flaw"), CASES)
def test_a_call_survives_the_flaw_beside_it(codec: Codec, example: Example, flaw: Flaw) -> None:
    frame = msgspec.structs.replace(example.frame(), payload=flaw(example.payload))
    readings, letters = taken(codec, frame)
    whole, _ = taken(codec, example.frame())
    calls = [
        one for r in readings for one in r.observations if type(one) is Event and is_call(one) and one.state == "on"
    ]
    assert calls, letters
    if example.observations and all(one.time_quality for one in example.observations):
        assert abs(calls[0].observed_at_ms - frame.received_at_ms) < 100
    assert ("HIGH" in [p for _, p in on_the_desk(whole)]) <= ("HIGH" in [p for _, p in on_the_desk(readings)])
    if is_refused(codec, frame):
        assert letters
        assert letters[0].payload == frame.payload
        assert letters[0].reason


def is_refused(codec: Codec, frame: Frame) -> bool:
    """Tell whether the codec itself takes it for broken; what it can read as it stands is not kept besides."""
    try:
        codec.decode(frame)
    except FieldError:
        return True
    return False


@pytest.mark.parametrize(("codec", "example"), [pytest.param(c, e, id=f"{c.name}: {e.name}") for c, e in CALLS])
@pytest.mark.parametrize("retained", [False, True])
def test_a_call_of_which_nothing_can_be_read_is_there_if_its_word_is(
    codec: Codec, example: Example, *, retained: bool
) -> None:
    frame = msgspec.structs.replace(example.frame(), payload="¿¿ SOS 求助 ¿¿".encode("utf-16-le"), retained=retained)
    readings, letters = taken(codec, frame)
    if retained:  # an old copy is no news
        assert not readings
    elif letters:
        of_nobody = [("unknown_vendor_event", "NOBODYS")]  # a kiosk has no resident: every desk is told
        assert on_the_desk(readings) == (of_nobody if codec.sources is Sources.USERS else [("unknown_alarm", "HIGH")])
