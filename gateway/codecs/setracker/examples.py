"""Frames of the family and what must come of them."""

from __future__ import annotations

from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from gateway.codec import Example
from gateway.door_specs import DoorKind

_AT_MS = 1_795_300_000_000
_FALL_MS = 1_503_482_026_000  # 2017-08-23T09:53:46Z
_RECEIVED = TimeQuality.RECEIVED
_ROUTE = "192.0.2.7:40312"


def _example(name: str, device_id: str, payload: str, *observations: Observation) -> Example:
    return Example(
        name=name,
        door=DoorKind.TCP,
        route=_ROUTE,
        device_id=device_id,
        payload=payload.encode(),
        observations=observations,
    )


def _alarm(status: str, *, kind: str = "AL", where: str = "V,,,,") -> str:
    content = f"{kind},211126,222640,{where},0.00,0.0,0.0,0,60,46,206,0,{status},4,0,262,2,45192"
    return f"[3G*8904355190*{len(content):04X}*{content}]"


def _status(*events: Event) -> tuple[Observation, ...]:
    return (*events, Scalar("battery", 46.0, _AT_MS), Scalar("steps", 206.0, _AT_MS))


_GRAZ = {"latitude_deg": 47.08395, "longitude_deg": 15.482185}

EXAMPLES = (
    _example(
        "keep-alive: steps, tumbles, battery",
        "4700186508",
        "[3G*4700186508*000B*LK,0,10,100]",
        Scalar("steps", 0.0, _AT_MS, _RECEIVED),
        Scalar("battery", 100.0, _AT_MS, _RECEIVED),
    ),
    _example("a short keep-alive", "4700186508", "[3G*4700186508*0002*LK]"),
    _example("a short keep-alive with two fields", "4700186508", "[3G*4700186508*0008*LK,0,100]"),
    _example(
        "keep-alive with an index",
        "014111001332708",
        "[ZJ*014111001332708*0075*0009*LK,0,0,97]",
        Scalar("steps", 0.0, _AT_MS, _RECEIVED),
        Scalar("battery", 97.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "blood pressure and heart rate",
        "4700609403",
        "[3G*4700609403*0013*bphrt,120,79,73,,,,]",
        Scalar("systolic_pressure", 120.0, _AT_MS, _RECEIVED),
        Scalar("diastolic_pressure", 79.0, _AT_MS, _RECEIVED),
        Scalar("heart_rate", 73.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "a pulse",
        "8800000015",
        "[CS*8800000015*0008*PULSE,72]",
        Event("worn", _AT_MS, "on", {}, _RECEIVED),
        Scalar("heart_rate", 72.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "heart rate 0: not worn",
        "6005412902",
        "[3G*6005412902*0007*heart,0]",
        Event("worn", _AT_MS, "off", {}, _RECEIVED),
    ),
    _example(
        "a temperature of the surface",
        "2104326058",
        "[3G*2104326058*000E*btemp2,1,35.29]",
        Scalar("body_temperature", 35.29, _AT_MS, _RECEIVED, 0, "wrist"),
    ),
    _example(
        "oxygen, with the kind of measurement before it",
        "2104326058",
        "[3G*2104326058*000B*oxygen,0,97]",
        Scalar("spo2", 97.0, _AT_MS, _RECEIVED),
    ),
    _example(
        "an alarm: bit 21 is a fall; the count is wrong by one",
        "8308373902",
        "[3G*8308373902*0080*AL,230817,095346,A,47.083950,N,15.4821850,E,7.60,273.8,0.0,4,15,44,0,0,00200010,"
        "2,255,232,1,7605,42530,118,7605,58036,119,0,65.8]",
        Event("fall", _FALL_MS, "on", dict(_GRAZ)),
        Event("position", _FALL_MS, "on", dict(_GRAZ)),
        Scalar("battery", 44.0, _FALL_MS),
        Scalar("steps", 0.0, _FALL_MS),
    ),
    _example(
        "SOS without a fix, over LTE",
        "8904355190",
        _alarm("00010000", kind="AL_LTE", where="V,00.000000,,00.0000000,"),
        *_status(Event("sos", _AT_MS)),
    ),
    _example(
        "several alarms at once: all of them",
        "8904355190",
        _alarm("00330001"),
        *_status(
            Event("sos", _AT_MS),
            Event("fall", _AT_MS),
            Event("worn", _AT_MS, "off"),
            Event("battery_low", _AT_MS),
        ),
    ),
    _example(
        "it left the fence that somebody set on it",
        "8904355190",
        _alarm("00040000"),
        *_status(
            Event("property_exit", _AT_MS),
            Event("unknown_vendor_event", _AT_MS, "on", {"vendor_type": "left its fence"}),
        ),
    ),
    _example(
        "the strap was opened",
        "8904355190",
        _alarm("00100000"),
        *_status(Event("worn", _AT_MS, "off")),
    ),
    _example(
        "an alarm that nobody knows",
        "8904355190",
        _alarm("01000000"),
        *_status(Event("unknown_vendor_event", _AT_MS, "on", {"vendor_type": "alarm bit 24", "urgent": True})),
    ),
    _example(
        "an alarm frame without an alarm",
        "8904355190",
        _alarm("00000008"),
        *_status(Event("unknown_vendor_event", _AT_MS, "on", {"vendor_type": "alarm without a bit", "urgent": True})),
    ),
    _example(
        "sign and letter say the same twice, and one letter is missing; the watch had kept it",
        "8904355190",
        "[3G*8904355190*0055*UD2,211126,202640,A,-9.000000,S,13.2,,1.20,0.0,0.0,6,60,46,206,0,00000000,0,0]",
        Event(
            "position",
            _AT_MS - 7_200_000,
            "on",
            {"latitude_deg": -9.0, "longitude_deg": 13.2},
            quality=int(Quality.LATE),
        ),
        Scalar("battery", 46.0, _AT_MS - 7_200_000, quality=int(Quality.LATE)),
        Scalar("steps", 206.0, _AT_MS - 7_200_000, quality=int(Quality.LATE)),
    ),
    _example(
        "sign and letter contradict each other; a fix at 0, 0 is none",
        "8904355190",
        "[3G*8904355190*0055*UD,211126,222640,A,-9.000000,N,-13.2,W,1.20,0.0,0.0,6,60,46,206,0,00000000,0,0]",
        Event(
            "position",
            _AT_MS,
            "on",
            {"latitude_deg": -9.0, "longitude_deg": -13.2},
            quality=int(Quality.DEVICE_POOR),
        ),
        Scalar("battery", 46.0, _AT_MS),
        Scalar("steps", 206.0, _AT_MS),
    ),
    _example("an answer to a command", "8904355190", "[3G*8904355190*0002*CR]"),
    _example(
        "a word for help that nobody mapped",
        "8904355190",
        "[3G*8904355190*000A*FALLDOWN,1]",
        Event(
            "unknown_vendor_event",
            _AT_MS,
            "on",
            {"value": "FALLDOWN,1", "vendor_type": "FALLDOWN", "urgent": True},
            _RECEIVED,
        ),
    ),
    Example(name="no frame", door=DoorKind.TCP, payload=b"[3G*]", error="packet: got"),
    Example(name="cut off", door=DoorKind.TCP, payload=b"[3G*8904355190*0002*LK", error="packet: got"),
)
