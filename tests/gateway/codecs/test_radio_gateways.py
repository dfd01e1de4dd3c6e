"""Whose a reading is that came by radio, and numbers that are none: what the conformance suite cannot see."""

from __future__ import annotations

import math
from datetime import UTC

import msgspec
import pytest

from anhu.contract.errors import FieldError
from anhu.contract.identity import radio_address, user_of
from anhu.contract.observation import Event, Scalar
from anhu.contract.record import Reading, Undecoded, decode_entry
from gateway.codec import Codec, Frame
from gateway.codecs import aqara_lan, ble_gatt, chirpstack, theengs
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind
from gateway.gatt.characteristics import PARSERS, Arrival
from gateway.gatt.value_reader import ValueReader

NOW_MS = 1_795_300_600_000
CUFF = "1E89005F006D00EA070B16061E004A00010000"
NAN_OR_NUMBER = [
    ("0102", 513.0), ("01FE", -51.1), ("FF02", 767.0), ("FF07", None), ("0008", None), ("FE07", None), ("0208", None),
    ("0108", None), ("FFF7", None), ("5F00", 95.0),
]  # fmt: skip


def frame(codec: Codec, route: str, payload: str) -> tuple[FrameDecoder, Frame]:
    raw = Frame(door=DoorKind.MQTT, route=route, payload=payload.encode(), device_id="gw", received_at_ms=NOW_MS)
    return FrameDecoder({codec.name: codec}, IntakeCounters(), CommandAnswers()), raw


def owners(codec: Codec, route: str, payload: str, **children: Owner) -> list[tuple[str, str]]:
    decoder, raw = frame(codec, route, payload)
    device = DeviceEntry(
        device_id="gw", secret_sha256=b"", codec=codec.name, partition_key="c", resident_id="r-gateway",
        children={name.replace("__", "."): owner for name, owner in children.items()},
    )  # fmt: skip
    records = [one for _, record in decoder.records_of(raw, device) for one in decode_entry(record)]
    return [(one.device_id, one.resident_id) for one in records if not isinstance(one, Undecoded)]


def handed_on(value: str, characteristic: str = "2A35") -> str:
    given = {"address": "D6:16:F9:64:16:22", "characteristic": characteristic, "value": value}
    return msgspec.json.encode(given).decode()


def test_a_cuff_speaks_for_the_resident_of_the_users_slot() -> None:
    slots = {
        "d616f9641622__user-1": Owner("cuff-wang", "r-wang", "c"),
        "d616f9641622__user-2": Owner("cuff-li", "r-li", "c"),
    }
    told = [owners(ble_gatt.CODEC, "anhu/ble_gatt/gw/up", handed_on(CUFF.replace("4A0001", user)), **slots)
            for user in ("4A0001", "4A0002")]  # fmt: skip
    assert told == [[("cuff-wang", "r-wang")], [("cuff-li", "r-li")]]


@pytest.mark.parametrize("user", ["4A0003", "4A00FF"])
def test_a_slot_that_nobody_registered_is_nobodys(user: str) -> None:
    cuff = {"d616f9641622": Owner("cuff", "r-wang", "c")}
    decoder, raw = frame(ble_gatt.CODEC, "anhu/ble_gatt/gw/up", handed_on(CUFF.replace("4A0001", user)))
    gateway = DeviceEntry(
        device_id="gw", secret_sha256=b"", codec="ble_gatt", partition_key="c", resident_id="r-gateway", children=cuff
    )
    (found,) = [one for _, record in decoder.records_of(raw, gateway) for one in decode_entry(record)]
    assert isinstance(found, Reading)
    assert (found.device_id, found.resident_id) == ("gw", "")
    assert all(one.source.startswith("d616f9641622.user-") for one in found.observations), "it waits under its name"


@pytest.mark.parametrize(
    ("codec", "route", "payload"),
    [
        (theengs.CODEC, "home/gw/BTtoMQTT/3C2EF5AABBCC", '{"model_id":"XMTZC01HM","type":"SCALE","weight":61.75}'),
        (chirpstack.CODEC, "application/1/device/24E124128B123456/event/up",
         '{"deviceInfo":{"deviceProfileName":"VS373"},"data":"CLECCAc="}'),
        (ble_gatt.CODEC, "anhu/ble_gatt/gw/up", handed_on("0060004800", "2A5F")),
    ],
)  # fmt: skip
def test_a_radio_hears_the_neighbours(codec: Codec, route: str, payload: str) -> None:
    ((_, resident),) = owners(codec, route, payload)
    assert resident == ""


def test_a_paired_home_sensor_is_its_gateways() -> None:
    payload = '{"cmd":"report","model":"motion","sid":"112316","data":"{\\"status\\":\\"motion\\"}"}'
    assert owners(aqara_lan.CODEC, "anhu/aqara_lan/gw/up", payload) == [("gw:112316", "r-gateway")]


@pytest.mark.parametrize(("value", "expected"), NAN_OR_NUMBER)
def test_sfloat(value: str, expected: float | None) -> None:
    assert ValueReader(bytes.fromhex(value)).sfloat("x") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("01FE03FC", 26.1633), ("FFFF7F00", None), ("00008000", None), ("FEFF7F00", None), ("02008000", None),
     ("6D0100FF", 36.5), ("FFFF7FFE", None)],
)  # fmt: skip
def test_float(value: str, expected: float | None) -> None:
    assert ValueReader(bytes.fromhex(value)).float32("x") == expected


def test_a_clock_that_was_never_set() -> None:
    assert ValueReader(bytes.fromhex("E40701020A1530")).local_time_ms(UTC, "t") == 1_577_960_508_000
    for unset in ("00000102030405", "E40700020A1530", "CF070C1F173B3B", "FFFF0D20202020"):
        assert ValueReader(bytes.fromhex(unset)).local_time_ms(UTC, "t") is None


@pytest.mark.parametrize("characteristic", sorted(PARSERS))
def test_no_reader_takes_a_number_that_is_none(characteristic: str) -> None:
    for flags in range(256):
        for fill in (b"\xff\x07", b"\x00\x08", b"\xff\xff", b"\x00\x00"):
            try:
                made = PARSERS[characteristic](bytes([flags]) + fill * 20, Arrival(NOW_MS, UTC))
            except FieldError:
                continue
            for one in made.observations:
                if isinstance(one, Scalar) and one.quantity in ("spo2", "systolic_pressure", "glucose"):
                    assert math.isfinite(one.value)
                    assert abs(one.value) not in (2047.0, 2048.0)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("D6:16:F9:64:16:22", "d616f9641622"), ("D616F9641622", "d616f9641622"), ("24-E1-24-12-8B-12-34-56",
     "24e124128b123456"), ("kitchen: scale", "kitchen: scale")],
)  # fmt: skip
def test_one_address_in_any_spelling(text: str, plain: str) -> None:
    assert radio_address(text) == plain


def test_users_of_one_cuff_are_apart_and_the_unknown_one_too() -> None:
    assert len({user_of("a", user) for user in (None, 0, 1, 2, 255)}) == 5


def test_a_press_is_a_call_unless_the_tag_says_otherwise() -> None:
    def pressed(tags: dict[str, str]) -> str:
        info = {"devEui": "24e124128b123456", "deviceProfileName": "WS101", "tags": tags}
        payload = msgspec.json.encode({"deviceInfo": info, "data": "/y4B"}).decode()
        _, raw = frame(chirpstack.CODEC, "application/1/device/24e124128b123456/event/up", payload)
        (one,) = chirpstack.decode(raw)
        assert isinstance(one, Event)
        return one.kind

    assert [pressed(t) for t in ({}, {"sos": ""}, {"sos": "short"}, {"sos": "long"})] == ["sos", "sos", "sos", "switch"]


def test_an_encrypted_sensor_says_once_that_it_needs_its_key_and_a_button_each_time() -> None:
    payload = '{"model_id":"SBMO_003Z_ENCR","type":"CTMO","encr":2,"cipher":"cc","ctr":"00","mic":"18"}'
    route = "home/gw/BTtoMQTT/3C2EF5AABBCC"
    (motion,) = theengs.decode(frame(theengs.CODEC, route, payload)[1])
    (button,) = theengs.decode(frame(theengs.CODEC, route, payload.replace("CTMO", "BTN"))[1])
    assert isinstance(motion, Event)
    assert isinstance(button, Event)
    assert ("value" in motion.attributes, motion.attributes.get("urgent")) == (True, None)
    assert ("value" in button.attributes, button.attributes.get("urgent")) == (False, True)
