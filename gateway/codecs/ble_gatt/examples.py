"""What a gateway hands on, good and bad: values made from the layouts, checked against other people's readers."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.codec import Example

_AT_MS = 1_795_300_000_000
_MEASURED_MS = 1_795_300_200_000  # 2026-11-22 06:30:00 in China
_OFFSET_MS = _MEASURED_MS + 8 * 3_600_000
_RECEIVED, _DEVICE = TimeQuality.RECEIVED, TimeQuality.DEVICE
_LATE, _POOR = int(Quality.LATE | Quality.KEPT), int(Quality.DEVICE_POOR)
_CUFF = "d616f9641622"


def _example(
    name: str, characteristic: str, value: str, *observations: Observation, later_ms: int = 400_000
) -> Example:
    return Example(
        name=name,
        route="anhu/ble_gatt/dev-1/up",
        payload=f'{{"address":"D6:16:F9:64:16:22","characteristic":"{characteristic}","value":"{value}"}}'.encode(),
        observations=observations,
        received_at_ms=_AT_MS + later_ms,
    )


def _bad(name: str, payload: bytes, error: str) -> Example:
    return Example(name=name, route="anhu/ble_gatt/dev-1/up", payload=payload, error=error)


def _clocked(quantity: str, value: float, *, user: str = "", quality: int = 0, context: str = "") -> Scalar:
    return Scalar(quantity, value, _MEASURED_MS, _DEVICE, quality, context, _CUFF + user)


def _now(quantity: str, value: float, *, user: str = "", quality: int = 0, context: str = "") -> Scalar:
    return Scalar(quantity, value, _AT_MS + 400_000, _RECEIVED, quality, context, _CUFF + user)


EXAMPLES = (
    _example(
        "heart strap on skin, with the last beat's interval",
        "2A37",
        "164A4003",
        Event("worn", _AT_MS + 400_000, "on", {}, _RECEIVED, 0, _CUFF),
        _now("heart_rate", 74.0),
        _now("rr_interval", 812.5),
    ),
    _example(
        "heart strap taken off: what it counts is no heart",
        "00002a37-0000-1000-8000-00805f9b34fb",
        "0450",
        Event("worn", _AT_MS + 400_000, "off", {}, _RECEIVED, 0, _CUFF),
    ),
    _example(
        "cuff, first user: the slot speaks, not the cuff",
        "2A35",
        "1E89005F006D00EA070B16061E004A00010000",
        _clocked("systolic_pressure", 137.0, user=".user-1"),
        _clocked("diastolic_pressure", 95.0, user=".user-1"),
        _clocked("mean_pressure", 109.0, user=".user-1"),
        _clocked("pulse_rate", 74.0, user=".user-1"),
    ),
    _example(
        "cuff, a user it does not know",
        "2A35",
        "0889005F006D00FF",
        _now("systolic_pressure", 137.0, user=".user-unknown"),
        _now("diastolic_pressure", 95.0, user=".user-unknown"),
        _now("mean_pressure", 109.0, user=".user-unknown"),
    ),
    _example(
        "cuff that moved, irregular pulse",
        "0x2A35",
        "1489005F006D004A000500",
        _now("systolic_pressure", 137.0, quality=_POOR),
        _now("diastolic_pressure", 95.0, quality=_POOR),
        _now("mean_pressure", 109.0, quality=_POOR),
        _now("pulse_rate", 74.0, quality=_POOR, context="irregular"),
    ),
    _example(
        "cuff in kPa",
        "2A35",
        "01B7F07FF091F0",
        _now("systolic_pressure", 137.0),
        _now("diastolic_pressure", 95.0),
        _now("mean_pressure", 109.0),
    ),
    _example("cuff whose measurement failed: three values that are none", "2A35", "00FF07FF07FF07"),
    _example("thermometer", "2A1C", "066D0100FFEA070B16061E0002", _clocked("body_temperature", 36.5)),
    _example("thermometer in Fahrenheit", "2A1C", "01DF0300FF", _now("body_temperature", 37.3)),
    _example("thermometer, in the ear", "2A1C", "046D0100FF03", _now("body_temperature", 36.5, context="ear")),
    _example("thermometer without a measurement", "2A1C", "00FFFF7F00"),
    _example(
        "oximeter, one measurement",
        "2A5E",
        "01C0F34800EA070B16061E00",
        _clocked("spo2", 96.0),
        _clocked("pulse_rate", 72.0),
    ),
    _example(
        "oximeter whose clock was never set",
        "2A5E",
        "11C0F34800EA070B16061E00",
        _now("spo2", 96.0),
        _now("pulse_rate", 72.0),
    ),
    _example("oximeter, continuous", "2A5F", "0060004800", _now("spo2", 96.0), _now("pulse_rate", 72.0)),
    _example("oximeter without a finger: 0x07FF is no 2047", "2A5F", "00FF07FF07"),
    _example("oximeter with the reserved word, and its opposite infinity", "2A5F", "0001080208"),
    _example(
        "oximeter, poor signal",
        "2A5F",
        "0860004800100000",
        _now("spo2", 96.0, quality=_POOR),
        _now("pulse_rate", 72.0, quality=_POOR),
    ),
    _example("oximeter showing a demonstration", "2A5F", "04600048000004"),
    _example(
        "glucose in mmol/L, eight hours beside its base time",
        "2A18",
        "070C00EA070B16061E00E0013DC011",
        Scalar("glucose", 6.1, _OFFSET_MS, _DEVICE, 0, "", _CUFF),
        later_ms=8 * 3_600_000 + 400_000,
    ),
    _example("glucose in mg/dL", "2A18", "030D00EA070B16061E0000006CB011", _clocked("glucose", 5.99)),
    _example(
        "glucose of the day before yesterday, handed over now: history",
        "2A18",
        "030D00EA070B16061E0000006CB011",
        _clocked("glucose", 5.99, quality=_LATE),
        later_ms=48 * 3_600_000,
    ),
    _example("glucose of control solution: nobody's blood", "2A18", "030D00EA070B16061E0000006CB01A"),
    _example(
        "glucose too low for the meter: the worst, and no number",
        "2A18",
        "0A0D00EA070B16061E00FF07114000",
        Event(
            "unknown_vendor_event",
            _MEASURED_MS,
            "on",
            {"vendor_type": "glucose below the meter's range", "urgent": True},
            _DEVICE,
            0,
            _CUFF,
        ),
    ),
    _example("scale", "2A9D", "023E30EA070B16061E00", _clocked("weight", 61.75)),
    _example("scale, in pounds, third user", "2A9D", "05D43503", _now("weight", 62.51, user=".user-3")),
    _example(
        "scale that measures fat",
        "2A9C",
        "0404C800023E30",
        _now("weight", 61.75, user=".user-2"),
    ),
    _example("scale that could not measure", "2A9D", "00FFFF"),
    _example("battery", "2A19", "5A", _now("battery", 90.0)),
    Example(
        name="several values in one message",
        route="anhu/ble_gatt/dev-1/up",
        payload=b'{"address":"D6:16:F9:64:16:22","values":[{"characteristic":"2A5F","value":"0060004800"},'
        b'{"characteristic":"2A19","value":"5A"}]}',
        observations=(
            Scalar("spo2", 96.0, _AT_MS, _RECEIVED, source=_CUFF),
            Scalar("pulse_rate", 72.0, _AT_MS, _RECEIVED, source=_CUFF),
            Scalar("battery", 90.0, _AT_MS, _RECEIVED, source=_CUFF),
        ),
    ),
    Example(
        name="OpenMQTTGateway's answer to a read",
        route="home/OpenMQTTGateway/BTtoMQTT/D616F9641622",
        payload=b'{"id":"D6:16:F9:64:16:22","service":"180f","characteristic":"2a19","read":"5a","success":true}',
        observations=(Scalar("battery", 90.0, _AT_MS, _RECEIVED, source=_CUFF),),
    ),
    Example(
        name="a button on the gateway's own case",
        route="anhu/ble_gatt/dev-1/up",
        payload=b'{"gateway":"gw-1","sos":true}',
        observations=(Event("sos", _AT_MS, "on", {}, _RECEIVED),),
    ),
    Example(
        name="the gateway is gone",
        route="anhu/ble_gatt/dev-1/LWT",
        payload=b"offline",
        observations=(Event("connection", _AT_MS, "off", {}, _RECEIVED),),
    ),
    _bad(
        "cut short",
        b'{"address":"D6:16:F9:64:16:22","characteristic":"2A35","value":"1E8900"}',
        "diastolic_pressure: got '1e8900', expected 2 bytes from byte 3 on",
    ),
    _bad(
        "another characteristic",
        b'{"address":"D6:16:F9:64:16:22","characteristic":"2A6E","value":"00"}',
        "characteristic: got '2A6E', expected one of",
    ),
    _bad(
        "no hexadecimal digits",
        b'{"address":"D6:16:F9:64:16:22","characteristic":"2A19","value":"zz"}',
        "value: got 'zz', expected at most 512 bytes",
    ),
    _bad("no address", b'{"characteristic":"2A19","value":"5A"}', "address: got None"),
    _bad("not JSON", b"1E89", "expected a JSON object"),
)
