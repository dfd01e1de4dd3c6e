"""Vayyar Care, a radar on the wall that sees falls, presence and who leaves the bed.

Type 4 is presence, 5 a fall, 8 a sensitive fall, 10 bed exit. A fall is told several times with one ``timestamp``:
``fall_detected``, ``fall_confirmed`` 52 s later, ``calling``, ``finished``; ``fall_exit`` or ``canceled`` end it. A
state that comes after a newer one is left out. What is simulated, learned (the first 14 days) or silent is kept as a
record and calls nobody.
"""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, TimeQuality
from gateway.codec import Codec, Example
from gateway.door_specs import MqttSpec
from gateway.radar_messages import BED_EXIT, FALL, PRESENCE, marker, reader, unmapped

_TYPES = {4: PRESENCE, 5: FALL, 8: FALL, 10: BED_EXIT}
_AT_MS = 1_795_300_000_000
_FELL_MS = _AT_MS - 60_000
_RECEIVED = TimeQuality.RECEIVED


def _example(name: str, payload: str, *observations: Observation) -> Example:
    return Example(name=name, route="/devices/dev-1/events", payload=payload.encode(), observations=observations)


def _fall(status: str, *, number: int = 5, more: str = "") -> str:
    return (
        f'{{"type":{number},"payload":{{"status":"{status}","timestamp":{_FELL_MS},"statusUpdateTimestamp":{_AT_MS},'
        f'"endTimestamp":0,"type":"fall","isSimulated":false,"isLearning":false,"isSilent":false,"exitReason":"",'
        f'"deviceId":"dev-1","fallLocX_cm":120,"tarHeightEst":20{more}}}}}'
    )


def _fallen() -> Event:
    return Event("fall", _FELL_MS)


def _nobodys(word: str, status: str = "fall_confirmed") -> Event:
    about: dict[str, str | float | int | bool] = {word: True, "vendor_type": f"{status}: {word}"}
    return Event("unknown_vendor_event", _FELL_MS, "off", about)


_EXAMPLES = (
    _example(
        "somebody is there, in the second region",
        f'{{"type":4,"payload":{{"presenceDetected":true,"roomPresenceIndication":0,"timestamp":{_AT_MS},'
        '"deviceId":"dev-1","trackerTargets":[],"presenceRegionMap":{"0":0,"1":1}}}',
        Event("presence", _AT_MS, "on", {"regions": "1"}),
    ),
    _example(
        "nobody is there; the region map as a text",
        f'{{"type":4,"payload":{{"presenceDetected":false,"timestamp":{_AT_MS},"presenceRegionMap":"{{\\"0\\":0}}"}}}}',
        Event("presence", _AT_MS, "off"),
    ),
    _example("a fall is detected", _fall("fall_detected"), Event("fall_suspected", _FELL_MS)),
    _example("it is confirmed", _fall("fall_confirmed"), _fallen()),
    _example("the radar calls: the same fall", _fall("calling"), _fallen()),
    _example("its call is over: the same fall", _fall("finished"), _fallen()),
    _example("its call is over, after the person got up: no news", _fall("finished").replace('n":""', 'n":"standing"')),
    _example(
        "the person got up",
        _fall("fall_exit").replace('"exitReason":""', '"exitReason":"standing"'),
        Event("fall_suspected", _AT_MS, "off", {"reason": "standing"}),
        Event("fall", _AT_MS, "off", {"reason": "standing"}),
    ),
    _example(
        "somebody cancelled it",
        _fall("canceled"),
        Event("fall_suspected", _AT_MS, "off"),
        Event("fall", _AT_MS, "off"),
    ),
    _example("a sensitive fall", _fall("fall_suspected", number=8), Event("fall_suspected", _FELL_MS)),
    _example("a sensitive fall that nobody answered", _fall("calling", number=8), _fallen()),
    _example(
        "simulated", _fall("fall_confirmed").replace('"isSimulated":false', '"isSimulated":true'), _nobodys("simulated")
    ),
    _example(
        "in the first 14 days",
        _fall("fall_confirmed").replace('"isLearning":false', '"isLearning":true'),
        _nobodys("learning"),
    ),
    _example("silent", _fall("calling").replace('"isSilent":false', '"isSilent":true'), _nobodys("silent", "calling")),
    _example(
        "a state of a fall that nobody knows",
        _fall("on_floor"),
        Event("unknown_vendor_event", _FELL_MS, "on", {"vendor_type": "fall status on_floor", "urgent": True}),
    ),
    _example(
        "a fall without a time",
        '{"type":5,"payload":{"status":"fall_confirmed","timestamp":0}}',
        Event("fall", _AT_MS, "on", {}, _RECEIVED),
    ),
    _example(
        "out of bed",
        f'{{"type":10,"payload":{{"timestamp":{_AT_MS}}}}}',
        Event("bed", _AT_MS, "off"),
    ),
    _example(
        "a type that nobody mapped",
        '{"type":17,"payload":{"status":"door"}}',
        Event("unknown_vendor_event", _AT_MS, "on", {"vendor_type": "radar event 17: door"}, _RECEIVED),
    ),
    Example(
        name="monitoring",
        route="/devices/dev-1/state",
        payload=b'{"status":"monitoring","wifiState":{"rssi":-60}}',
        observations=(),
    ),
    Example(
        name="the radar is broken",
        route="/devices/dev-1/state",
        payload=b'{"status":"error"}',
        observations=(Event("sensor_fault", _AT_MS, "on", {"reason": "error"}, _RECEIVED),),
    ),
    Example(name="no payload", route="/devices/dev-1/events", payload=b'{"type":5}', error="payload: got None"),
    Example(
        name="presence that is none",
        route="/devices/dev-1/events",
        payload=b'{"type":4,"payload":{"presenceDetected":7}}',
        error="payload.presenceDetected: got 7, expected true or false",
    ),
    Example(name="not JSON", route="/devices/dev-1/events", payload=b"fall", error="expected a JSON object"),
)

CODEC = Codec(
    name="vayyar_care",
    title="Vayyar Care fall radar",
    data_sheet="none is public: as programs that read it have published it",
    mqtt=MqttSpec(publish=("/devices/{device_id}/events", "/devices/{device_id}/state")),
    decode=reader(_TYPES),
    same=marker(_TYPES),
    unmapped=unmapped,
    examples=_EXAMPLES,
)
