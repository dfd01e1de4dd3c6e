"""Medical gateways of the AVA4 / Dusun family: cuffs, oximeters, glucose meters, thermometers and scales by Bluetooth.

Readings come on ``dusun_pub`` (some firmware: ``dusun_sub``), the gateway's own heartbeat on ``ESP32_BLE_GW_TX``. The
traps: the clock may be years ahead (then the time of arrival counts); glucose is a text in mg/dL; the oximeter's ``pi``
is ten times too large; floats carry noise. The reading is the sensor's (``ble_addr``), else the gateway's; a sensor
that nobody registered gives nobody's readings, because several people use the one cuff.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress

import msgspec

from anhu.contract.device_clock import SANE_MS
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import radio_address
from anhu.contract.meaning import alarms_stand, is_call, is_unmapped, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import as_list, as_object, flagged, json_object, number, time_ms, unknown_event
from anhu.contract.units import convert
from gateway.codec import Codec, Example, Frame, Sources
from gateway.door_specs import MqttSpec

_MOST_READINGS = 500
_HEARTBEATS = frozenset({"hb_msg", "reportmsg"})
_NUMBERS: Mapping[str, str] = {
    "bp_high": "systolic_pressure",
    "bp_low": "diastolic_pressure",
    "PR": "pulse_rate",
    "pr": "pulse_rate",
    "pulse": "pulse_rate",
    "spo2": "spo2",
    "pi": "perfusion_index",
    "blood_glucose": "glucose",
    "temp": "body_temperature",
    "weight": "weight",
}
_MARKERS: Mapping[str, str] = {
    "after meal": "after_meal",
    "before meal": "before_meal",
    "fasting": "fasting",
    "no marker": "",
}
_SITES: Mapping[str, str] = {"head": "forehead", "forehead": "forehead", "ear": "ear", "body": ""}
_BESIDE = frozenset({"scan_time", "ble_addr", "scan_rssi", "marker", "mode", "resistance", "Resistance"})


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a report of sensors, or the gateway's own heartbeat."""
    body = json_object(frame.payload)
    kind = str(body.get("type", "")).lower()
    if kind in _HEARTBEATS:
        made: tuple[Observation, ...] = tuple(_presence(body, frame.received_at_ms))
    elif kind == "reportattribute":
        made = tuple(one for given in _readings(body) for one in _reading(given, body, frame.received_at_ms))
    else:
        raise DecodeError("type", body.get("type"), "reportAttribute, reportMsg or HB_Msg")
    made = alarms_stand((*made, *_calls(body, frame.received_at_ms)))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def same(frame: Frame) -> tuple[str, int] | None:
    """Return what tells a report from another: all of it, as its clock may stand."""
    return hashlib.sha256(frame.payload).hexdigest(), 0


def salvage(frame: Frame) -> tuple[Observation, ...]:
    """Read each of the sensors by itself."""
    body = json_object(frame.payload)
    made: list[Observation] = []
    for given in _readings(body):
        with suppress(FieldError):
            made += _reading(given, body, frame.received_at_ms)
    return tuple(made)


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return the values of sensors that nobody mapped: uric acid, cholesterol."""
    known = _NUMBERS.keys() | _BESIDE
    body = json_object(frame.payload)
    if str(body.get("type", "")).lower() != "reportattribute":
        return ()
    fields = (item for given in _readings(body) for item in given.items())
    return tuple(name for name, value in fields if name not in known and is_unmapped(name, value))


def _presence(body: Mapping[str, object], at_ms: int) -> Iterator[Event]:
    """Yield that the gateway came on, or goes; that it is still there is nothing to keep."""
    data = body.get("data")
    word = str(data.get("msg", "")).lower() if isinstance(data, dict) else ""
    if word == "offline" or (word == "online" and str(body.get("type")).lower() == "reportmsg"):
        yield Event("connection", at_ms, "on" if word == "online" else "off", {}, TimeQuality.RECEIVED)


def _readings(body: Mapping[str, object]) -> list[dict[str, object]]:
    data = as_object(body.get("data"), "data")
    value = as_object(data.get("value"), "data.value")
    if "device_list" not in value:  # a later firmware has the one reading itself
        return [value]
    given = as_list(value["device_list"], "data.value.device_list", at_most=_MOST_READINGS)
    return [as_object(one, f"data.value.device_list.{i}") for i, one in enumerate(given)]


def _reading(given: Mapping[str, object], body: Mapping[str, object], received_at_ms: int) -> Iterator[Observation]:
    at_ms, quality = _time(given.get("scan_time", body.get("time")), received_at_ms)
    address = given.get("ble_addr")
    source = radio_address(address) if isinstance(address, str) and address else ""
    for name, value in given.items():
        found = _field(name, value, given, at_ms) if name not in _BESIDE else None
        if found is not None:
            yield msgspec.structs.replace(found, time_quality=quality, source=source)


def _time(value: object, received_at_ms: int) -> tuple[int, TimeQuality]:
    """Return when a sensor was read; nothing can come before it was measured."""
    with suppress(FieldError):
        at_ms = time_ms(value, "scan_time")
        if at_ms <= received_at_ms + SANE_MS:
            return at_ms, TimeQuality.DEVICE
    return received_at_ms, TimeQuality.RECEIVED


def _field(name: str, value: object, given: Mapping[str, object], at_ms: int) -> Scalar | Event | None:
    quantity = _NUMBERS.get(name)
    if value is None:
        return None
    if quantity is None:
        said = understood(name, value, at_ms)
        return said or (
            unknown_event(name, at_ms=at_ms, state="off", details={"value": value}) if value != "" else None
        )
    try:
        raw = number(value, name)
    except FieldError:  # one unreadable value must not cost the others
        return unknown_event(name, at_ms=at_ms, details={"value": value})
    if raw <= 0:  # not measured
        return None
    context = ""
    if name == "pi":
        raw /= 10
    elif name == "blood_glucose":
        raw = convert(raw, "mg/dL", "mmol/L")
        context = _MARKERS.get(str(given.get("marker", "")).strip().lower(), "")
    elif name == "temp":
        context = _SITES.get(str(given.get("mode", "")).strip().lower(), "")
    return Scalar(quantity, round(raw, 2), at_ms, context=context)


def _calls(body: Mapping[str, object], at_ms: int) -> Iterator[Event]:
    """Yield what stands beside the readings and may be a call: a button on the gateway."""
    data = body.get("data")
    for fields in (body, data if isinstance(data, dict) else {}):
        for name, value in fields.items():
            found = understood(name, value, at_ms) if name not in ("data", "value", "type") else None
            if found is not None and is_call(found):
                yield msgspec.structs.replace(found, time_quality=TimeQuality.RECEIVED)


_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_SCALE_MS = 1_773_337_306_000


def _report(sensor: str, attribute: str, reading: str, time: int = 1836942771) -> bytes:
    return (
        f'{{"from":"BLE","to":"CLOUD","time":{time},"deviceCode":"08:F9:E0:D1:F7:B4","mac":"08:F9:E0:D1:F7:B4",'
        f'"type":"reportAttribute","device":"{sensor}","data":{{"attribute":"{attribute}","mac":"08:F9:E0:D1:F7:B4",'
        f'"value":{{"device_list":[{{"scan_time":{time},{reading}}}]}}}}}}'
    ).encode()


def _example(name: str, payload: bytes, *observations: Observation, route: str = "dusun_pub") -> Example:
    return Example(name=name, route=route, payload=payload, observations=observations)


def _seen(source: str, quantity: str, value: float, context: str = "") -> Scalar:
    return Scalar(quantity, value, _AT_MS, _RECEIVED, 0, context, source)


def _kept(source: str, name: str, value: str) -> Event:
    return Event("unknown_vendor_event", _AT_MS, "off", {"value": value, "vendor_type": name}, _RECEIVED, 0, source)


_EXAMPLES = (
    _example(
        "cuff; the gateway's clock is two years ahead",
        _report("WBP BIOLIGHT", "BP_BIOLIGTH", '"ble_addr":"d616f9641622","bp_high":137,"bp_low":95,"PR":74'),
        _seen("d616f9641622", "systolic_pressure", 137.0),
        _seen("d616f9641622", "diastolic_pressure", 95.0),
        _seen("d616f9641622", "pulse_rate", 74.0),
    ),
    _example(
        "oximeter: pi 43 is 4.3 %",
        _report("Oximeter Jumper", "Oximeter JUMPER", '"ble_addr":"ff23041920b4","pulse":72,"spo2":96,"pi":43'),
        _seen("ff23041920b4", "pulse_rate", 72.0),
        _seen("ff23041920b4", "spo2", 96.0),
        _seen("ff23041920b4", "perfusion_index", 4.3),
        route="dusun_sub",
    ),
    _example(
        "glucose as a text in mg/dL",
        _report(
            "SUGA Contour",
            "Contour_Elite",
            '"ble_addr":"806fb0750c88","scan_rssi":-66,"blood_glucose":"108","marker":"After Meal"',
        ),
        _seen("806fb0750c88", "glucose", 5.99, "after_meal"),
    ),
    _example(
        "thermometer at the forehead",
        _report("TEMO Jumper", "IR_TEMO_JUMPER", '"ble_addr":"ff2301283119","temp":36.43000031,"mode":"Head"'),
        _seen("ff2301283119", "body_temperature", 36.43, "forehead"),
    ),
    _example(
        "scale, with a time that may be true; its address in capitals",
        _report(
            "JUMPER SCALE",
            "BodyScale_JUMPER",
            '"ble_addr":"A0779E1C14D8","weight":79.30000305,"resistance":605.9000244',
            1773337306,
        ),
        Scalar("weight", 79.3, _SCALE_MS, source="a0779e1c14d8"),
    ),
    _example(
        "uric acid: kept, there is no quantity for it",
        _report("Uric REF_UA", "MGSS_REF_UA", '"ble_addr":"60e85b7aab77","scan_rssi":-66,"uric_acid":"517.5"'),
        _kept("60e85b7aab77", "uric_acid", "517.5"),
    ),
    _example(
        "cholesterol: kept",
        _report("Cholesterol REF_CHOL", "MGSS_REF_CHOL", '"ble_addr":"0035FF226907","cholesterol":"4.3"'),
        _kept("0035ff226907", "cholesterol", "4.3"),
    ),
    _example(
        "no address: the gateway's own",
        _report("Oximeter", "Oximeter JUMPER", '"pulse":0,"spo2":96'),
        _seen("", "spo2", 96.0),
    ),
    _example(
        "the gateway's button",
        b'{"from":"BLE","type":"reportMsg","data":{"msg":"SOS"}}',
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
        route="ESP32_BLE_GW_TX",
    ),
    _example(
        "heartbeat",
        b'{"from":"ESP32_GW","to":"CLOUD","name":"AVA4-No.1","time":1743963911,"type":"HB_Msg","data":{"msg":"Online"}}',
        route="ESP32_BLE_GW_TX",
    ),
    _example(
        "the gateway came on",
        b'{"from":"ESP32_S3_GW","time":1743932465,"type":"reportMsg","data":{"msg":"Online"}}',
        Event("connection", _AT_MS, "on", {}, _RECEIVED),
        route="ESP32_BLE_GW_TX",
    ),
    Example(name="no value", route="dusun_pub", payload=b'{"type":"reportAttribute","data":{}}', error="data.value"),
    Example(name="another type", route="dusun_pub", payload=b'{"type":"config"}', error="type: got 'config'"),
    Example(name="not JSON", route="dusun_pub", payload=b"137/95", error="expected a JSON object"),
)

CODEC = Codec(
    name="dusun_ble",
    title="Medical Bluetooth gateways AVA4 / Dusun",
    data_sheet="https://github.com/TELY01-DEV/stardust-my-firstcare-com/blob/main/docs/ava4_mqtt_examples.md",
    mqtt=MqttSpec(publish=("dusun_pub", "dusun_sub", "ESP32_BLE_GW_TX", "anhu/dusun_ble/{device_id}/#")),
    decode=decode,
    salvage=salvage,
    unmapped=unmapped,
    sources=Sources.HEARD,
    same=same,
    examples=_EXAMPLES,
)
