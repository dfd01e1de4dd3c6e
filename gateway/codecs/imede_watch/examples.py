"""What the family sends, good and bad, and what must come of it."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.codec import Example

_AT_MS = 1_795_300_000_000
_RECEIVED = TimeQuality.RECEIVED
_IMEI = "865067123456789"
_JUNE_MS = 1_750_048_245_000  # 16/06/2025 12:30:45 in China
_LATE = int(Quality.LATE)


def _example(name: str, route: str, payload: str, *observations: Observation) -> Example:
    return Example(name=name, route=route, payload=payload.encode(), observations=observations, device_id=_IMEI)


def _late(quantity: str, value: float, at_ms: int = _JUNE_MS, context: str = "") -> Scalar:
    return Scalar(quantity, value, at_ms, TimeQuality.DEVICE, _LATE, context)


def _late_worn(at_ms: int = _JUNE_MS) -> Event:
    return Event("worn", at_ms, "on", {}, TimeQuality.DEVICE, _LATE)


EXAMPLES = (
    _example(
        "vital signs, buffered for long; network in Thailand, position in Guangdong: doubtful",
        "iMEDE_watch/VitalSign",
        '{"IMEI":"865067123456789","heartRate":72,"bloodPressure":{"bp_sys":122,"bp_dia":74},"bodyTemperature":36.6,'
        '"spO2":97,"signalGSM":80,"battery":67,"location":{"GPS":{"latitude":22.5678,"longitude":112.3456},'
        '"WiFi":"[{...}]","LBS":{"MCC":"520"}},"timeStamps":"16/06/2025 12:30:45"}',
        _late_worn(),
        _late("heart_rate", 72.0),
        _late("systolic_pressure", 122.0),
        _late("diastolic_pressure", 74.0),
        _late("body_temperature", 36.6, context="wrist"),
        _late("spo2", 97.0),
        _late("battery", 67.0),
        Event(
            "position",
            _JUNE_MS,
            "on",
            {"latitude_deg": 22.5678, "longitude_deg": 112.3456, "doubtful": True, "mobile_country": "520"},
            quality=int(Quality.DEVICE_POOR),
        ),
    ),
    _example(
        "a batch of old readings: stored as late",
        "iMEDE_watch/AP55",
        '{"IMEI":"865067123456789","num_datas":2,"data":[{"timestamp":1738331256,"heartRate":84,"spO2":98},'
        '{"timestamp":1738331316,"heartRate":85}]}',
        _late_worn(1_738_331_256_000),
        _late("heart_rate", 84.0, 1_738_331_256_000),
        _late("spo2", 98.0, 1_738_331_256_000),
        _late_worn(1_738_331_316_000),
        _late("heart_rate", 85.0, 1_738_331_316_000),
    ),
    _example(
        "heartbeat",
        "imede_watch/HB",
        '{"IMEI":"865067123456789","battery":67,"step":999,"workingMode":2}',
        Scalar("battery", 67.0, _AT_MS, _RECEIVED),
        Scalar("steps", 999.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "heart rate 0: not worn, and nothing else of it was measured",
        "iMEDE_watch/VitalSign",
        '{"IMEI":"865067123456789","heartRate":0,"spO2":0,"bloodPressure":{"bp_sys":0,"bp_dia":0}}',
        Event("worn", _AT_MS, "off", {}, _RECEIVED),
    ),
    _example(
        "position without satellites says nothing",
        "iMEDE_watch/location",
        '{"IMEI":"865067123456789","location":{"GPS":{"latitude":0,"longitude":0},"WiFi":"[]"}}',
    ),
    _example(
        "the longitude trap",
        "iMEDE_watch/location",
        '{"IMEI":"865067123456789","location":{"GPS":{"latitude":13.69,"longitude":4.04},"LBS":{"MCC":"520"}}}',
        Event(
            "position",
            _AT_MS,
            "on",
            {"latitude_deg": 13.69, "longitude_deg": 4.04, "doubtful": True, "mobile_country": "520"},
            _RECEIVED,
            int(Quality.DEVICE_POOR),
        ),
    ),
    _example(
        "a night, kept raw",
        "iMEDE_watch/sleepdata",
        '{"IMEI":"865067123456789","sleep":{"timeStamps":"22/11/2026 06:20:00","time":"2200@0700","data":"000111",'
        '"num":6}}',
        Event(
            "unknown_vendor_event",
            1_795_299_600_000,
            "off",
            {"time": "2200@0700", "data": "000111", "num": 6, "vendor_type": "sleepdata"},
        ),
    ),
    _example(
        "SOS, without any time",
        "iMEDE_watch/SOS",
        '{"IMEI":"865067123456789","status":"SOS"}',
        Event("sos", _AT_MS, "on", {}, _RECEIVED),
    ),
    _example(
        "the SOS topic may also say that the watch is not worn",
        "iMEDE_watch/sos",
        '{"IMEI":"865067123456789","status":"NOT_WEAR"}',
        Event("worn", _AT_MS, "off", {}, _RECEIVED),
    ),
    _example(
        "fall, with a position",
        "iMEDE_watch/fallDown",
        '{"IMEI":"865067123456789","status":"FALL DOWN","location":{"GPS":{"latitude":37.45,"longitude":116.31},'
        '"LBS":{"MCC":"460"}}}',
        Event("fall", _AT_MS, "on", {"latitude_deg": 37.45, "longitude_deg": 116.31}, _RECEIVED),
    ),
    _example(
        "a server that speaks for many watches",
        "iMEDE_watch/onlineTrigger",
        '{"IMEI":"861000000000001","status":"online"}',
        Event("connection", _AT_MS, "on", {}, _RECEIVED, 0, "861000000000001"),
    ),
    _example(
        "an event nobody mapped",
        "iMEDE_watch/helpCall",
        '{"IMEI":"865067123456789","key":2}',
        Event("unknown_vendor_event", _AT_MS, "on", {"key": 2, "vendor_type": "helpCall", "urgent": True}, _RECEIVED),
    ),
    Example(name="not JSON", route="iMEDE_watch/hb", payload=b"hello", error="expected a JSON object"),
    Example(name="a batch that is none", route="iMEDE_watch/AP55", payload=b'{"data":7}', error="data: got 7"),
    Example(name="another tree", route="watch/hb", payload=b"{}", error="iMEDE_watch/<kind of message>"),
)
