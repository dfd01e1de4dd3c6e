"""Late on the way: a call for help still pages, a vital sign of hours ago never does; from the payload to the desk."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from alerts.detectors import discover as detectors
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS, to_rfc3339
from anhu.contract.observation import Event
from anhu.contract.record import Reading, Undecoded, decode_entry
from gateway.codec import Frame
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry, Owner
from gateway.door_specs import DoorKind
from tests.conformance.test_codecs import CODECS

NOW_MS = 1_795_300_000_000
_CHINA_MS = 8 * HOUR_MS
_EUI = "24e124128b123456"
_CUFF = "d616f9641622"


class Sent(NamedTuple):
    """A codec's message about something at a time; its sensor, where one stands behind a gateway."""

    codec: str
    route: str
    payload: Callable[[int], str]
    sensor: str = ""


def gatt_time(at_ms: int) -> str:
    """Return a characteristic's time, of China, as hexadecimal digits."""
    text = to_rfc3339(at_ms + _CHINA_MS)
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    clock = bytes(int(text[n : n + 2]) for n in (11, 14, 17))
    return (year.to_bytes(2, "little") + bytes([month, day]) + clock).hex()


def kept_by_a_radar(at_ms: int) -> str:
    raw = bytes.fromhex("20ce") + (at_ms // 1_000).to_bytes(4, "little") + bytes.fromhex("0600000100")

    return f'{{"deviceInfo":{{"deviceProfileName":"VS373"}},"data":"{base64.b64encode(raw).decode()}"}}'


CALLS: Mapping[str, Sent] = {
    "open_json": Sent("open_json", "anhu/v1/dev-1/up", lambda t: f'{{"v":1,"time":{t},"events":[{{"kind":"sos"}}]}}'),
    "zigbee2mqtt": Sent("zigbee2mqtt", "zigbee2mqtt/hall", lambda t: f'{{"sos":true,"last_seen":{t}}}', "hall"),
    "huawei_iotda": Sent(
        "huawei_iotda",
        "$oc/devices/dev-1/sys/properties/report",
        lambda t: f'{{"services":[{{"service_id":"Call","properties":{{"sos":1}},"event_time":"{to_rfc3339(t)}"}}]}}',
    ),
    "vayyar_care": Sent(
        "vayyar_care",
        "/devices/dev-1/events",
        lambda t: f'{{"type":5,"payload":{{"status":"fall_confirmed","timestamp":{t}}}}}',
    ),
    "chirpstack, kept by the device": Sent(
        "chirpstack", f"application/1/device/{_EUI}/event/up", kept_by_a_radar, _EUI
    ),
}
VITALS: Mapping[str, Sent] = {
    "open_json": Sent("open_json", "anhu/v1/dev-1/up", lambda t: f'{{"v":1,"time":{t},"values":{{"glucose":1.7}}}}'),
    "huawei_iotda": Sent(
        "huawei_iotda",
        "$oc/devices/dev-1/sys/properties/report",
        lambda t: (
            f'{{"services":[{{"service_id":"Vital","properties":{{"bloodGlucose":1.7}},"event_time":"{to_rfc3339(t)}"}}]}}'
        ),
    ),
    "ble_gatt": Sent(
        "ble_gatt",
        "anhu/ble_gatt/dev-1/up",
        lambda t: f'{{"address":"{_CUFF}","characteristic":"2A18","value":"030D00{gatt_time(t)}00001EB011"}}',
        _CUFF,
    ),
    "dusun_ble": Sent(
        "dusun_ble",
        "dusun_pub",
        lambda t: (
            '{"type":"reportAttribute","data":{"value":{"device_list":[{"ble_addr":"'
            f'{_CUFF}","scan_time":{t // 1_000},"blood_glucose":"30"}}]}}}}}}'
        ),
        _CUFF,
    ),
}


class Desk:
    """One device, from its door to what the alarm engine finds; it has been on time so far, and has just connected."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self._decoder = FrameDecoder(CODECS, IntakeCounters(), CommandAnswers())
        child = {sent.sensor: Owner("sensor-1", "r-1", "c")} if sent.sensor else {}
        self._device = DeviceEntry(
            device_id="dev-1", secret_sha256=b"", codec=sent.codec, partition_key="c", resident_id="r-1", children=child
        )
        self._who = "sensor-1" if child else "dev-1"
        self._engine = Engine(detectors())
        self._engine.update_roster([WatchedDevice(self._who, "r-1", Profile(), enrolled_at_ms=NOW_MS - 24 * HOUR_MS)])
        for kind, at_ms in (("motion", NOW_MS - 4 * HOUR_MS), ("connection", NOW_MS - 5 * SECOND_MS)):
            self._engine.feed(Reading(self._who, "r-1", at_ms, (Event(kind, at_ms),)))

    def told(self, at_ms: int) -> list[tuple[str, str]]:
        """Return (kind, priority) of what is found by what happened then and comes now."""
        payload = self._sent.payload(at_ms).encode()
        frame = Frame(
            door=DoorKind.MQTT, route=self._sent.route, payload=payload, device_id="dev-1", received_at_ms=NOW_MS
        )
        records = [one for _, raw in self._decoder.records_of(frame, self._device) for one in decode_entry(raw)]
        assert records
        assert not any(isinstance(one, Undecoded) for one in records)
        found = [f for one in records if not isinstance(one, Undecoded) for f in self._engine.feed(one)]
        found += self._engine.advance(NOW_MS + 5 * MINUTE_MS)
        return [(f.finding.kind, f.finding.priority.name) for f in found if f.finding.condition == "present"]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("age_ms", "priority"),
    [(20 * SECOND_MS, "HIGH"), (30 * MINUTE_MS, "HIGH"), (3 * HOUR_MS, "MEDIUM"), (23 * HOUR_MS, "MEDIUM")],
)
def test_a_call_that_was_buffered_still_pages(name: str, age_ms: int, priority: str) -> None:
    calls = [p for kind, p in Desk(CALLS[name]).told(NOW_MS - age_ms) if kind in ("sos", "fall")]
    assert calls == [priority]


@pytest.mark.parametrize("name", VITALS)
def test_a_vital_sign_pages_at_once(name: str) -> None:
    assert "glucose_low" in [kind for kind, _ in Desk(VITALS[name]).told(NOW_MS - 20 * SECOND_MS)]


@pytest.mark.parametrize("name", VITALS)
@pytest.mark.parametrize("age_ms", [2 * HOUR_MS + MINUTE_MS, 23 * HOUR_MS])
def test_a_vital_sign_of_hours_ago_never_pages(name: str, age_ms: int) -> None:
    assert Desk(VITALS[name]).told(NOW_MS - age_ms) == []


@pytest.mark.parametrize("days", [2, 20, 200])
def test_a_meter_never_heard_before_that_hands_over_all_it_keeps_pages_nobody(days: int) -> None:
    sent = VITALS["ble_gatt"]
    decoder = FrameDecoder(CODECS, IntakeCounters(), CommandAnswers())
    device = DeviceEntry(
        device_id="dev-1", secret_sha256=b"", codec="ble_gatt", partition_key="c", resident_id="r-1",
        children={_CUFF: Owner("sensor-1", "r-1", "c")},
    )  # fmt: skip
    engine = Engine(detectors())
    engine.update_roster([WatchedDevice("sensor-1", "r-1", Profile(), enrolled_at_ms=NOW_MS)])
    found = []
    for n in range(5):
        frame = Frame(
            door=DoorKind.MQTT, route=sent.route, device_id="dev-1", received_at_ms=NOW_MS + n * SECOND_MS,
            payload=sent.payload(NOW_MS - days * 24 * HOUR_MS + n * HOUR_MS).encode(),
        )  # fmt: skip
        for _, raw in decoder.records_of(frame, device):
            found += [f for one in decode_entry(raw) if not isinstance(one, Undecoded) for f in engine.feed(one)]
    found += engine.advance(NOW_MS + 5 * MINUTE_MS)
    assert [f.finding.kind for f in found] == []
