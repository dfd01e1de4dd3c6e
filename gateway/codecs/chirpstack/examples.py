"""Events as a ChirpStack v4 server publishes them, with the bytes of Milesight's devices."""

from __future__ import annotations

import base64
import json
import zlib

import msgspec

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.codec import Example

_AT_MS = 1_795_300_000_000
_HEARD_MS = 1_795_299_999_775  # 2026-11-21T22:26:39.775023242Z
_KEPT_MS = 1_665_561_758_000
_EUI = "24e124128b123456"
_ROUTE = f"application/1/device/{_EUI}/event/up"
_LATE = int(Quality.LATE | Quality.KEPT)


def _uplink(model: str, data: str = "", **more: object) -> bytes:
    """Return an uplink as the server words it: what is zero or false is left out."""
    body: dict[str, object] = {
        "deduplicationId": f"3ac7e3c4-4401-4b8d-9386-{zlib.crc32(repr((model, data, more)).encode()):012x}",
        "time": "2026-11-21T22:26:39.775023242+00:00",
        "deviceInfo": {
            "applicationId": "1",
            "applicationName": "home",
            "deviceProfileName": model,
            "deviceName": "bathroom",
            "devEui": _EUI,
        },
        "devAddr": "00189440",
        "dr": 1,
        "fPort": 85,
        **more,
    }
    if data:
        body["data"] = base64.b64encode(bytes.fromhex(data)).decode()
    return json.dumps(body, separators=(",", ":")).encode()


def _example(name: str, payload: bytes, *observations: Observation, event: str = "up") -> Example:
    route = _ROUTE.replace("/up", f"/{event}")
    return Example(name=name, route=route, payload=payload, observations=observations)


def _number(quantity: str, value: float) -> Scalar:
    return Scalar(quantity, value, _HEARD_MS, source=_EUI)


def _event(kind: str, state: str = "on", **attributes: str | float | bool) -> Event:
    return Event(kind, _HEARD_MS, state, dict(attributes), source=_EUI)


def _kept(one: Scalar | Event, at_ms: int = _KEPT_MS) -> Scalar | Event:
    return msgspec.structs.replace(one, observed_at_ms=at_ms, quality=_LATE)


_TAGGED = {"deviceProfileName": "buttons", "devEui": _EUI, "tags": {"model": "WS101", "sos": "long, double"}}

EXAMPLES = (
    _example(
        "WS101: a press is a call",
        _uplink(
            "Milesight WS101", "017510FF2E01", rxInfo=[{"gatewayId": "g", "rssi": -96}, {"rssi": -36, "snr": 10.5}]
        ),
        _number("battery", 16.0),
        _event("sos", press="short"),
        _number("signal_strength", -36.0),
    ),
    _example("WS101: held", _uplink("WS-101", "FF2E02"), _event("sos", press="long")),
    _example(
        "WS101 whose tag says which presses are calls: another one",
        _uplink("", "FF2E01", deviceInfo=_TAGGED),
        _event("switch", press="short"),
    ),
    _example("WS101 whose tag says so", _uplink("", "FF2E03", deviceInfo=_TAGGED), _event("sos", press="double")),
    _example(
        "WS202: somebody moves in the dark",
        _uplink("WS202", "017510030001040000"),
        _number("battery", 16.0),
        _event("motion"),
    ),
    _example(
        "WS301: open, and taken off the door",
        _uplink("WS301", "017564030001040001"),
        _number("battery", 100.0),
        _event("contact"),
        _event("tamper"),
    ),
    _example(
        "EM300-SLD: dry",
        _uplink("EM300-SLD", "01755C03673401046865050000"),
        _number("battery", 92.0),
        _number("room_temperature", 30.8),
        _number("room_humidity", 50.5),
        _event("water_leak", "off"),
    ),
    _example(
        "EM300-SLD: a leak of years ago, kept: no siren",
        _uplink("EM300-SLD", "20CE9E74466310015D01"),
        _kept(_number("room_temperature", 27.2)),
        _kept(_number("room_humidity", 46.5)),
        _kept(_event("water_leak")),
    ),
    _example(
        "EM300-TH: kept",
        _uplink("EM300-TH", "20CE9E74466310015D00"),
        _kept(_number("room_temperature", 27.2)),
        _kept(_number("room_humidity", 46.5)),
    ),
    _example("GS101: gas", _uplink("GS101", "058E01"), _event("gas")),
    _example("GS101: broken", _uplink("GS101", "FF3F02"), _event("sensor_fault", reason="device_fault")),
    _example("GS101: without power", _uplink("GS101", "FF3F00"), _event("sensor_fault", reason="power_off")),
    _example("VS340: on the seat", _uplink("VS340", "017564030001"), _number("battery", 100.0), _event("chair")),
    _example(
        "VS373: a fall (type 0, whatever the description says)",
        _uplink("VS373", "06FB0100000100"),
        _event("fall", alarm_id=1),
    ),
    _example("VS373: the fall is over", _uplink("VS373", "06FB0100000200"), _event("fall", "off", alarm_id=1)),
    _example("VS373: lying", _uplink("VS373", "06FB0200080100"), _event("fall_suspected", alarm_id=2)),
    _example(
        "VS373: motionless",
        _uplink("VS373", "06FB0300010100"),
        _event("unknown_vendor_event", alarm_id=3, vendor_type="motionless", urgent=True),
    ),
    _example("VS373: out of bed", _uplink("VS373", "06FB0400030102"), _event("bed", "off", alarm_id=4, region=2)),
    _example(
        "VS373: a fall in a state that nobody knows",
        _uplink("VS373", "06FB0500000900"),
        _event("unknown_vendor_event", alarm_id=5, vendor_type="alarm fall status 9", urgent=True),
    ),
    _example(
        "VS373: a fall of an hour ago, kept while there was no network",
        _uplink("VS373", "20CE" + (1_795_296_400).to_bytes(4, "little").hex() + "0600000100"),
        _kept(_event("fall", alarm_id=6), 1_795_296_400_000),
    ),
    _example(
        "VS373 before 1.0.2: in bed; 0 is occupied",
        _uplink("VS373", "03F802000100010004F900010101"),
        _event("presence"),
        _event("bed"),
        _event("presence"),
    ),
    _example("VS373 before 1.0.2: nobody in any region says nothing of the room", _uplink("VS373", "04F901010101")),
    _example("VS373 from 1.0.2 on: 1 is occupied", _uplink("VS373", "0AB30302000000"), _event("presence")),
    _example(
        "VS373 from 1.0.2 on: on the floor",
        _uplink("VS373", "07B00403000000000000"),
        _event("presence"),
        _event("fall"),
        _event("fall_suspected"),
    ),
    _example("VS373: breath", _uplink("VS373", "08B1020807"), _number("respiration_rate", 18.0)),
    _example(
        "bytes behind a channel that nobody knows are kept",
        _uplink("WS301", "030001AABBCC"),
        _event("contact"),
        _event("unknown_vendor_event", data="aabbcc", vendor_type="ws301 aabb"),
    ),
    _example("the answer to a setting", _uplink("WS301", "FE03B004")),
    _example(
        "another maker's device, decoded by the server",
        _uplink(
            "LSN50",
            "cbf60b0d",
            object={
                "temperature": 21.5,
                "battery": "88",
                "door": "open",
                "sos": True,
                "alarm_interval": 5,
                "leak": None,
            },
        ),
        _number("room_temperature", 21.5),
        _number("battery", 88.0),
        _event("contact"),
        _event("sos"),
    ),
    _example(
        "another maker's device that nobody decodes: the desk must see it",
        _uplink("LSN50", "cbf60b0d"),
        _event("unknown_vendor_event", data="cbf60b0d", vendor_type="LoRaWAN LSN50"),
    ),
    _example("an uplink without bytes", _uplink("WS101")),
    _example(
        "battery", _uplink("WS101", margin=8, batteryLevel=88.29999542236328), _number("battery", 88.3), event="status"
    ),
    _example(
        "battery empty: a level of 0 is left out", _uplink("WS101", margin=8), _number("battery", 0.0), event="status"
    ),
    _example("on the mains", _uplink("GS101", margin=8, externalPowerSource=True), event="status"),
    _example("joined", _uplink("WS101"), _event("connection"), event="join"),
    _example("acknowledged", _uplink("WS101", acknowledged=True), event="ack"),
    _example(
        "position",
        _uplink("X", location={"latitude": 22.5, "longitude": 114.1, "source": "GEO_RESOLVER_TDOA"}),
        _event("position", latitude_deg=22.5, longitude_deg=114.1),
        event="location",
    ),
    _example(
        "the server drops a device's messages",
        _uplink("WS101", level="ERROR", code="UPLINK_MIC", description="MIC of uplink frame is invalid"),
        _event("unknown_vendor_event", value="MIC of uplink frame is invalid", vendor_type="LoRaWAN log UPLINK_MIC"),
        event="log",
    ),
    _example(
        "a repeated frame is nothing to tell",
        _uplink("WS101", level="WARNING", code="UPLINK_F_CNT_RETRANSMISSION"),
        event="log",
    ),
    Example(
        name="no time: the time of arrival",
        route=f"anhu/chirpstack/dev-1/{_ROUTE}",
        payload=b'{"deviceInfo":{"deviceProfileName":"WS101"},"data":"/y4B"}',
        observations=(Event("sos", _AT_MS, "on", {"press": "short"}, TimeQuality.RECEIVED, 0, _EUI),),
    ),
    Example(name="not JSON", route=_ROUTE, payload=b"\x01\x75", error="expected a JSON object"),
    Example(
        name="bytes that are none",
        route=_ROUTE,
        payload=b'{"data":"%%%","deviceInfo":{"deviceProfileName":"WS101"}}',
        error="data: got '%%%', expected at most 1024 bytes as Base64",
    ),
    Example(name="another tree", route="gateway/0016c001/event/up", payload=b"{}", error="topic: got"),
)
