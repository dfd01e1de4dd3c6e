"""Messages of kiosks and what must come of them."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.codec import Example
from gateway.codecs.hl7_pcd01.framing import BEGIN, END
from gateway.door_specs import DoorKind

_AT_MS = 1_795_300_000_000
_SPOT_MS = 1_581_483_341_000  # 2020-02-12T12:55:41+08:00
_CUFF_MS = 1_581_483_008_000
_DAY_MS = 1_795_300_000_000
_LATE = int(Quality.LATE)
_HEADER = (
    "MSH|^~\\&|MINDRAY^00A03700180009DF^EUI-64|WARD|||20200212125541||ORU^R01^ORU_R01|{id}|P|2.6|||AL|NE|CHN|"
    "UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
)
_TODAY = "MSH|^~\\&|KIOSK-7|HALL|||20261122062640+0800||ORU^R01^ORU_R01|9|P|2.6"
_OBR = "OBR|1||1|182777000^monitoring of patient^SCT|||20261122062640+0800"


def _message(*lines: str) -> bytes:
    return BEGIN + "".join(f"{line}\r" for line in lines).encode() + END


def _example(name: str, payload: bytes, *observations: Observation, device_id: str = "KIOSK-7") -> Example:
    return Example(
        name=name,
        door=DoorKind.TCP,
        route="192.0.2.7:40312",
        device_id=device_id,
        payload=payload,
        observations=observations,
    )


_VS900 = (
    "PID|||U-17^^^Hospital^PI||Doe^Jane",
    "OBR|1||1|182777000^monitoring of patient^SCT|||20200212125541",
)

EXAMPLES = (
    _example(
        "a spot check of a Mindray VS900: its own codes for the cuff, time without a zone",
        _message(
            _HEADER.format(id="1"),
            *_VS900,
            "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456|97|262688^MDC_DIM_PERCENT^MDC|||||R|||20200212125541",
            "OBX|2|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1.1.9.150301|166|266016^MDC_DIM_MMHG^MDC|||||R|||20200212125008"
            "|||^APERIODIC",
            "OBX|3|NM|150302^MDC_PRESS_CUFF_DIA^MDC|1.1.9.150302|12.7|265987^MDC_DIM_KILO_PASCAL^MDC|||||R|||"
            "20200212125008",
        ),
        Scalar("spo2", 97.0, _SPOT_MS, quality=_LATE, source="user-U-17"),
        Scalar("systolic_pressure", 166.0, _CUFF_MS, quality=_LATE, source="user-U-17"),
        Scalar("diastolic_pressure", 12.7 * 7.50062, _CUFF_MS, quality=_LATE, source="user-U-17"),
        device_id="00A03700180009DF",
    ),
    _example(
        "DEMO is nobody's measurement",
        _message(
            _HEADER.format(id="2"),
            *_VS900,
            "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456|100|262688^MDC_DIM_PERCENT^MDC||DEMO|||R|||"
            "20200212125541",
        ),
        Event("sensor_fault", _AT_MS, "on", {"reason": "demo_mode"}, TimeQuality.RECEIVED),
        device_id="00A03700180009DF",
    ),
    _example(
        "LOINC and UCUM; a kiosk that names nobody; a value that is missing",
        _message(
            _TODAY,
            _OBR,
            "OBX|1|NM|8867-4^Heart rate^LN||72|/min^^UCUM|||||F",
            "OBX|2|NM|188496^MDC_TEMP_AXIL^MDC||97.7|266560^MDC_DIM_FAHR^MDC|||||F",
            "OBX|3|NM|8480-6^Systolic^LN|||mm[Hg]^^UCUM|||||X",
        ),
        Scalar("heart_rate", 72.0, _DAY_MS),
        Scalar("body_temperature", 97.7 * (1 / 1.8) + -32.0 / 1.8, _DAY_MS, context="axilla"),
    ),
    _example(
        "a national identity number is not passed on",
        _message(_TODAY, "PID|||11010519491231002X", _OBR, "OBX|1|NM|8867-4^Heart rate^LN||72|/min^^UCUM|||||F"),
        Scalar("heart_rate", 72.0, _DAY_MS, source="user-id-426695a0efdb59b9"),
    ),
    _example(
        "an alarm of high priority",
        _message(
            _TODAY.replace("R01^ORU_R01", "R40^ORU_R40"),
            _OBR,
            "OBX|1|ST|196670^MDC_EVT_APNEA^MDC||Apnea||||PH~PM||||",
        ),
        Event(
            "unknown_vendor_event",
            _DAY_MS,
            "on",
            {"value": "Apnea", "vendor_type": "196670 MDC_EVT_APNEA", "urgent": True},
            source="",
        ),
    ),
    Example(
        name="no observations but a booking",
        door=DoorKind.TCP,
        payload=_message(_TODAY.replace("ORU^R01^ORU_R01", "ADT^A01")),
        error="MSH-9: got 'ADT^A01'",
    ),
    Example(name="no header", door=DoorKind.TCP, payload=BEGIN + b"PID|1\r" + END, error="message: got"),
)
