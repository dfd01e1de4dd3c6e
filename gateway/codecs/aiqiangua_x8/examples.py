"""Pushes of the watch's cloud, and what each says."""

from __future__ import annotations

from anhu.contract.observation import AttributeValue, Event, Observation, Scalar, TimeQuality
from gateway.codec import Example
from gateway.door_specs import DoorKind

_IMEI = "860000000000007"
_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_HOME: dict[str, AttributeValue] = {"latitude_deg": 37.45, "longitude_deg": 116.31, "address": "德州市幸福里3号楼"}
_WHERE = '"lon":"116.31","lat":"37.45","city":"德州市","address":"幸福里3号楼"'


def _example(name: str, kind: str, payload: str, *observations: Observation) -> Example:
    route = f"/push/x8/{kind}".rstrip("/")
    said = f'{{"imei":"{_IMEI}",{payload}}}'.encode()
    return Example(name=name, door=DoorKind.HTTP, route=route, payload=said, observations=observations)


EXAMPLES = (
    _example("SOS at its own address", "sos", f'"heartrate":"88",{_WHERE}',
             Event("sos", _AT_MS, "on", _HOME, _RECEIVED), Scalar("heart_rate", 88.0, _AT_MS, _RECEIVED)),
    _example("SOS at an address for all: heart rate and a place, no thresholds", "", f'"heartrate":"88",{_WHERE}',
             Event("sos", _AT_MS, "on", _HOME, _RECEIVED), Scalar("heart_rate", 88.0, _AT_MS, _RECEIVED)),
    _example("a fall at an address for all: awake_time and a place", "", f'"awake_time":"0",{_WHERE}',
             Event("fall", _AT_MS, "on", _HOME, _RECEIVED)),
    _example("a fall at its own address", "fall", f'"time_begin":"2026-11-22 06:26:40",{_WHERE}',
             Event("fall", _AT_MS, "on", _HOME)),
    _example("a heart rate with thresholds is no call, whatever place it tells", "",
             f'"heartrate":"72","theshold_heartrate_h":"120","theshold_heartrate_l":"50",{_WHERE}',
             Scalar("heart_rate", 72.0, _AT_MS, _RECEIVED)),
    _example("blood pressure, time in the compact form", "bloodpressure",
             '"time_begin_str":"20261122062640","sbp":"137","dbp":"95"',
             Scalar("systolic_pressure", 137.0, _AT_MS), Scalar("diastolic_pressure", 95.0, _AT_MS)),
    _example("oxygen, time as an epoch in seconds", "bloodoxygen", '"time_begin":"1795300000","bloodoxygen":97',
             Scalar("spo2", 97.0, _AT_MS)),
    _example("steps, RFC 3339", "step", '"time_begin":"2026-11-22T06:26:40+08:00","value":"3210"',
             Scalar("steps", 3210.0, _AT_MS)),
    _example("sleep in minutes", "sleep",
             '"time_begin":"1795300000000","deep_sleep":"120","light_sleep":"240","total_sleep":"360","awake_time":"30"',
             Scalar("sleep_duration", 6.0, _AT_MS)),
    Example(name="an SOS at an address for all that ends with a slash", door=DoorKind.HTTP, route="/push/x8/",
            payload=f'{{"imei":"{_IMEI}","heartrate":"0",{_WHERE}}}'.encode(),
            observations=(Event("sos", _AT_MS, "on", _HOME, _RECEIVED),)),
    _example("battery", "power", '"remaining_power":"15"', Scalar("battery", 15.0, _AT_MS, _RECEIVED)),
    _example("a position", "location", _WHERE, Event("position", _AT_MS, "on", _HOME, _RECEIVED)),
    _example("an exercise's heart rate", "exercise_heartrate", '"heartrate":"131"',
             Scalar("heart_rate", 131.0, _AT_MS, _RECEIVED)),
    _example("the answer to a command", "reply", '"type":"1"'),
    _example("a kind that nobody mapped, and it sounds like a call", "help", '"x":"1"',
             Event("unknown_vendor_event", _AT_MS, "on",
                   {"imei": _IMEI, "x": "1", "vendor_type": "help", "urgent": True}, _RECEIVED)),
    _example("a notice that nobody mapped", "notify", '"content":"低功耗模式"',
             Event("unknown_vendor_event", _AT_MS, "on",
                   {"imei": _IMEI, "content": "低功耗模式", "vendor_type": "notify"}, _RECEIVED)),
    Example(name="nothing that the vendor's events have", door=DoorKind.HTTP, route="/push/x8",
            payload=b'{"imei":"860000000000007"}', error="the fields of one of the vendor's events"),
)  # fmt: skip
