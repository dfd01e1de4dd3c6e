"""Answers and pushes of the bands' cloud, and what each says."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from gateway.codec import Example
from gateway.door_specs import DoorKind

_BAND = "40F5200F855E"
_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_STATE = "/device/getDeviceCurrentState"


def _answer(name: str, data: str, *observations: Observation, error: str | None = None) -> Example:
    payload = f'{{"code":0,"msg":"success","data":{data}}}'.encode()
    made = None if error else observations
    return Example(name=name, door=DoorKind.POLL, route=_STATE, payload=payload, observations=made, error=error)


def _push(name: str, kind: str, fields: str, *observations: Observation) -> Example:
    payload = f'{{"devID":"{_BAND}",{fields}}}'.encode()
    route = f"/push/sleepband/{kind}".rstrip("/")
    return Example(name=name, door=DoorKind.HTTP, route=route, payload=payload, observations=observations)


EXAMPLES = (
    _answer("somebody lies still", f'{{"devID":"{_BAND}","state":1,"HR":62,"BR":14,"time":1795300000000}}',
            Event("bed", _AT_MS, "on"), Scalar("heart_rate", 62.0, _AT_MS), Scalar("respiration_rate", 14.0, _AT_MS)),
    _answer("nobody in bed: a pulse of 0 is none", '{"state":0,"HR":0,"BR":0,"time":"2026-11-22 06:26:40"}',
            Event("bed", _AT_MS, "off")),
    _answer("names in other dress, numbers as texts, no time",
            '{"bodyStatus":"1","heartRate":"58","breathRate":"15","battery":"80"}',
            Event("bed", _AT_MS, "on", {}, _RECEIVED), Scalar("heart_rate", 58.0, _AT_MS, _RECEIVED),
            Scalar("respiration_rate", 15.0, _AT_MS, _RECEIVED), Scalar("battery", 80.0, _AT_MS, _RECEIVED)),
    _answer("still adapting says nothing of the person", '{"state":-1,"HR":0,"BR":0,"time":1795300000000}'),
    _answer("somebody moves", '{"state":-3,"HR":0,"BR":0,"time":1795300000000}'),
    _answer("a band without a line: what else stands there is old",
            '{"online":false,"state":1,"HR":62,"BR":14,"time":1795300000000}',
            Event("connection", _AT_MS, "off", {"reason": "vendor_cloud"})),
    _answer("a state that nobody mapped is kept", '{"state":7,"time":1795300000000}',
            Event("unknown_vendor_event", _AT_MS, "on", {"value": 7, "vendor_type": "state"})),
    _answer("a call in an answer", '{"state":1,"sos":true,"time":1795300000000}',
            Event("bed", _AT_MS, "on"), Event("sos", _AT_MS)),
    _push("bed exit", "alarm", '"alarmType":"离床","time":1795300000000', Event("bed", _AT_MS, "off")),
    _push("bed exit at an address for all, no time", "", '"type":"outOfBed"',
          Event("bed", _AT_MS, "off", {}, _RECEIVED)),
    _push("a call for help", "alarm", '"alarmType":"SOS","time":1795300000000', Event("sos", _AT_MS)),
    _push("an alarm that nobody mapped is urgent", "alarm", '"alarmType":12,"time":1795300000000',
          Event("unknown_vendor_event", _AT_MS, "on",
                {"devID": _BAND, "alarmType": 12, "vendor_type": "12", "urgent": True})),
    _push("a sleep report is kept whole", "sleep", '"score":81,"reportTime":"2026-11-22 06:26:40"',
          Event("unknown_vendor_event", _AT_MS, "on", {"devID": _BAND, "score": 81, "vendor_type": "sleepReport"})),
    _answer("nothing that is a state", '{"firmware":"1.0"}', error="a state, a pulse or a breath"),
)  # fmt: skip
