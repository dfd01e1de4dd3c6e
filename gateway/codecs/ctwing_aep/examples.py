"""Reports as the operator's cloud pushes them, and what each says."""

from __future__ import annotations

import base64

from anhu.contract.observation import Event, Observation, Scalar, TimeQuality
from gateway.codec import Example
from gateway.codecs.ctwing_aep.pushing import REPORT
from gateway.door_specs import DoorKind

_ROUTE = "/push/alarm-nb"
_AT_MS = 1_795_300_000_000


def _example(name: str, payload: bytes, *observations: Observation) -> Example:
    return Example(name=name, door=DoorKind.HTTP, route=_ROUTE, payload=payload, observations=observations)


def _report(payload: str, more: str = '"messageType":"dataReport"') -> bytes:
    return f'{{"timestamp":{_AT_MS},"payload":{payload},{more},"deviceId":"acf7"}}'.encode()


def _transparent(raw: bytes) -> bytes:
    return _report(f'{{"APPdata":"{base64.b64encode(raw).decode()}"}}')


EXAMPLES = (
    _example(
        "the operator's sample: an alarm in a code that only the maker knows is kept, and urgent",
        REPORT,
        Event(
            "unknown_vendor_event",
            1_606_982_320_277,
            "on",
            {"value": 2, "vendor_type": "Alarm_Status", "urgent": True},
        ),
        Scalar("battery", 100.0, 1_606_982_320_277),
    ),
    _example(
        "SOS of a service",
        _report('{"serviceId":8,"serviceData":{"sos":1,"battery":"80","RSRP":-97}}'),
        Event("sos", _AT_MS),
        Scalar("battery", 80.0, _AT_MS),
        Scalar("signal_strength", -97.0, _AT_MS),
    ),
    _example(
        "an event of the device's model",
        b'{"timestamp":1795300000000,"messageType":"eventReport","serviceId":1001,"eventType":2,'
        b'"eventContent":{"smoke_state":1},"deviceId":"acf7"}',
        Event("smoke", _AT_MS),
    ),
    _example(
        "transparent mode, JSON inside",
        _transparent(b'{"smoke":true,"temperature":24.5}'),
        Event("smoke", _AT_MS),
        Scalar("room_temperature", 24.5, _AT_MS),
    ),
    _example("transparent mode, a word inside", _transparent(b"SOS"), Event("sos", _AT_MS)),
    _example(
        "transparent mode, bytes that nobody mapped",
        _transparent(b"\x01\x02\xff"),
        Event("unknown_vendor_event", _AT_MS, "on", {"value": "AQL/", "vendor_type": "APPdata"}),
    ),
    _example(
        "transparent mode, words that are a call",
        _transparent("老人求助 room 3".encode()),
        Event("sos", _AT_MS),
    ),
    _example(
        "a device that is online again; no time",
        b'{"messageType":"deviceOnlineOfflineReport","eventType":1,"deviceId":"acf7"}',
        Event("connection", _AT_MS, "on", {}, TimeQuality.RECEIVED),
    ),
    _example(
        "the answer to a command",
        b'{"messageType":"commandResponse","taskId":7,"result":{"resultCode":"SUCCESSFUL"},"deviceId":"acf7"}',
    ),
    Example(
        name="nothing of it is mapped",
        door=DoorKind.HTTP,
        route=_ROUTE,
        payload=_report('{"serviceData":{"flow":3.2}}'),
        error="at least one field that is mapped",
    ),
    Example(name="not JSON", door=DoorKind.HTTP, route=_ROUTE, payload=b"\x00", error="expected a JSON object"),
)
