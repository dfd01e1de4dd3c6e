"""The channels of each model: how long their values are, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from anhu.contract.observation import AttributeValue, Event, Observation, Scalar
from anhu.contract.payload import unknown_event

_Read = Callable[[bytes], Iterable[Observation]]


def _nothing(_value: bytes) -> Iterable[Observation]:
    return ()


class Field(NamedTuple):
    """One channel.

    Attributes
    ----------
    length : int
        Of its value. [byte]
    read : callable
        What a value says; the time is put in by whoever calls.
    is_history : bool
        Four bytes of time stand in front: it was kept while there was no network.
    is_press : bool
        A button: whether a press is a call, the device's tags say.
    """

    length: int
    read: _Read = _nothing
    is_history: bool = False
    is_press: bool = False


def _number(value: bytes) -> int:
    return int.from_bytes(value, "little")


def _scalar(quantity: str, *, scale: float = 1.0, signed: bool = False) -> _Read:
    def read(value: bytes) -> Iterable[Observation]:
        return (Scalar(quantity, round(int.from_bytes(value, "little", signed=signed) * scale, 3), 0),)

    return read


def _flag(kind: str) -> _Read:
    """Read a byte that is 0 or 1; any other is a word that nobody mapped."""

    def read(value: bytes) -> Iterable[Observation]:
        if value[0] > 1:
            return (unknown_event(kind, at_ms=0, details={"value": value[0]}),)
        return (Event(kind, 0, "on" if value[0] else "off"),)

    return read


def _in_turn(*parts: tuple[int, _Read]) -> _Read:
    def read(value: bytes) -> Iterable[Observation]:
        at = 0
        made: list[Observation] = []
        for length, one in parts:
            made += one(value[at : at + length])
            at += length
        return made

    return read


_FAULTS: Mapping[int, tuple[str, str]] = {
    0: ("on", "power_off"),
    1: ("off", "power_on"),
    2: ("on", "device_fault"),
    3: ("off", "recovered"),
    4: ("on", "end_of_life_soon"),
    5: ("on", "end_of_life"),
}


def _gas_alarm(value: bytes) -> Iterable[Observation]:
    state, reason = _FAULTS.get(value[0], ("on", f"alarm_{value[0]}"))
    return (Event("sensor_fault", 0, state, {"reason": reason}),)


_VACANT, _IN_BED, _OUT_OF_BED, _FALL = 1, 2, 3, 4
_MOTIONLESS, _ABNORMAL, _LYING = 1, 2, 3


def _room(value: bytes) -> Iterable[Observation]:
    """Read what a radar sees now; a fall that is still seen is said with each report."""
    status, target = value[0], value[1]
    if status == _VACANT:
        yield Event("presence", 0, "off")
    elif status in (0, _IN_BED, _OUT_OF_BED, _FALL):
        yield Event("presence", 0, "on")
    else:
        yield unknown_event("detection_status", at_ms=0, details={"value": status})
    if status in (_IN_BED, _OUT_OF_BED):
        yield Event("bed", 0, "on" if status == _IN_BED else "off")
    if status == _FALL:
        yield Event("fall", 0, "on")
    if target == _LYING:
        yield Event("fall_suspected", 0, "on")
    elif target == _ABNORMAL:
        yield unknown_event("target abnormal", at_ms=0, urgent=True)
    elif target > _LYING:
        yield unknown_event("target_status", at_ms=0, details={"value": target})


def _regions_v101(value: bytes) -> Iterable[Observation]:
    """Read four regions; 0 is occupied. Nobody in any may still be somebody beside them."""
    return (Event("presence", 0, "on"),) if 0 in value else ()


def _regions_v102(value: bytes) -> Iterable[Observation]:
    """Read so many regions, one bit each; 1 is occupied."""
    occupied = _number(value[1:5]) & ((1 << min(value[0], 32)) - 1)
    return (Event("presence", 0, "on"),) if occupied else ()


_TRIGGERED, _DEACTIVATED, _IGNORED = 1, 2, 3
_ALARMS: Mapping[int, str] = {0: "fall", 4: "presence", 8: "fall_suspected"}
_NAMED: Mapping[int, str] = {1: "motionless", 2: "dwell", 6: "bradypnea", 7: "tachypnea"}
_BED_EXIT, _VACANT_ALARM = 3, 5


def _alarm(value: bytes) -> Iterable[Observation]:
    """Read an alarm of a VS373: its number, its type, whether it began or ended, the region."""
    number, kind, status = _number(value[:2]), value[2], value[3]
    about: dict[str, AttributeValue] = {"alarm_id": number}
    if status not in (_TRIGGERED, _DEACTIVATED, _IGNORED):
        word = f"alarm {_ALARMS.get(kind) or _NAMED.get(kind, kind)} status {status}"
        return (unknown_event(word, at_ms=0, details=about, urgent=True),)
    state = "on" if status == _TRIGGERED else "off"
    if kind in _ALARMS:
        return (Event(_ALARMS[kind], 0, state, about),)
    if kind == _BED_EXIT:
        return (Event("bed", 0, "off", {**about, "region": value[4]}),) if state == "on" else ()
    if kind == _VACANT_ALARM:
        return (Event("presence", 0, "off", about),) if state == "on" else ()
    word = _NAMED.get(kind, f"alarm {kind}")
    return (unknown_event(word, at_ms=0, state=state, details=about, urgent=True),)


def _breath(value: bytes) -> Iterable[Observation]:
    rate = _number(value[1:3]) / 100
    return (Scalar("respiration_rate", rate, 0),) if rate and value[0] in (_NORMAL, _FAST, _SLOW) else ()


_NORMAL, _FAST, _SLOW = 2, 3, 4
_CLIMATE = (2, _scalar("room_temperature", scale=0.1, signed=True)), (1, _scalar("room_humidity", scale=0.5))

COMMON: Mapping[int, Field] = {
    0xFF01: Field(1),
    0xFF08: Field(6),
    0xFF09: Field(2),
    0xFF0A: Field(2),
    0xFF0B: Field(1),
    0xFF0F: Field(1),
    0xFF16: Field(8),
    0xFFFE: Field(1),
    0xFFFF: Field(2),
    0x0175: Field(1, _scalar("battery")),
}
"""Of every model: versions, serial number, a restart, the battery."""
_CLIMATE_CHANNELS: Mapping[int, Field] = {0x0367: Field(*_CLIMATE[0]), 0x0468: Field(*_CLIMATE[1])}

CHANNELS: Mapping[str, Mapping[int, Field]] = {
    "ws101": {0xFF2E: Field(1, is_press=True)},
    "ws202": {0x0300: Field(1, _flag("motion")), 0x0400: Field(1)},
    "ws301": {0x0300: Field(1, _flag("contact")), 0x0400: Field(1, _flag("tamper"))},
    "em300mcs": {
        **_CLIMATE_CHANNELS,
        0x0600: Field(1, _flag("contact")),
        0x20CE: Field(8, _in_turn(*_CLIMATE, (1, _flag("contact"))), is_history=True),
    },
    "em300sld": {
        **_CLIMATE_CHANNELS,
        0x0500: Field(1, _flag("water_leak")),
        0x20CE: Field(8, _in_turn(*_CLIMATE, (1, _flag("water_leak"))), is_history=True),
    },
    "em300zld": {
        **_CLIMATE_CHANNELS,
        0x0500: Field(1, _flag("water_leak")),
        0x20CE: Field(8, _in_turn(*_CLIMATE, (1, _flag("water_leak"))), is_history=True),
    },
    "em300th": {**_CLIMATE_CHANNELS, 0x20CE: Field(8, _in_turn(*_CLIMATE), is_history=True)},
    "gs101": {
        0x058E: Field(1, _flag("gas")),
        0x0601: Field(1),
        0x0701: Field(1),
        0x0890: Field(4),
        0xFF3F: Field(1, _gas_alarm),
    },
    "vs340": {0x0300: Field(1, _flag("chair"))},
    "vs373": {
        0x03F8: Field(6, _room),
        0x07B0: Field(8, _room),
        0x04F9: Field(4, _regions_v101),
        0x0AB3: Field(5, _regions_v102),
        0x09B2: Field(6),
        0x05FA: Field(8),
        0x0BB4: Field(9),
        0x0CB4: Field(9),
        0x06FB: Field(5, _alarm),
        0x08B1: Field(3, _breath),
        0x20CE: Field(9, _alarm, is_history=True),
    },
}
"""Model, as it stands in a profile's name, to its channels."""
