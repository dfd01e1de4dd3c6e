"""What each health characteristic says (Bluetooth SIG, GATT Specification Supplement).

What a person or a rule needs is kept: a number that is none is left out, never shown as 2047; what the sensor doubts
itself carries `Quality.DEVICE_POOR`; a clock that was never set makes it the time of arrival; the user's slot of a
shared cuff or scale goes with it (`Measured.user`), because only the slot says whose the reading is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import NamedTuple

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.contract.device_clock import SANE_MS
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import unknown_event
from anhu.contract.units import KG_PER_LB, MMHG_PER_KPA, convert
from gateway.gatt.value_reader import ValueReader

_POOR, _LATE = int(Quality.DEVICE_POOR), int(Quality.LATE | Quality.KEPT)
_BACKLOG_MS, _KEPT_MS = 2 * HOUR_MS, 366 * DAY_MS
_CM_PER_INCH = 2.54


class Measured(NamedTuple):
    """What a value says, and of which user of the device: None where the device knows no users."""

    observations: tuple[Observation, ...]
    user: int | None = None


class Arrival(NamedTuple):
    """When a value came, and the zone of the device's clock. [ms]."""

    at_ms: int
    zone: tzinfo


class _Stamp(NamedTuple):
    at_ms: int
    quality: TimeQuality


def _time(read: ValueReader, arrival: Arrival, *, there: bool, trusted: bool = True) -> _Stamp:
    at_ms = read.local_time_ms(arrival.zone, "time") if there else None
    if at_ms is None or not trusted or at_ms > arrival.at_ms + SANE_MS:  # nothing comes before it was measured
        return _now(arrival)
    return _Stamp(at_ms, TimeQuality.DEVICE)


def _now(arrival: Arrival) -> _Stamp:
    return _Stamp(arrival.at_ms, TimeQuality.RECEIVED)


def _scalars(stamp: _Stamp, numbers: Mapping[str, float | None], poor: int = 0) -> Iterator[Scalar]:
    for quantity, value in numbers.items():
        if value is not None:
            yield Scalar(quantity, value, stamp.at_ms, stamp.quality, poor)


_OFF_SKIN, _ON_SKIN = 2, 3


def heart_rate(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A37: the rate, whether the strap is on skin, and the beat intervals before now."""
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    rate = read.unsigned(2 if flags & 0x01 else 1, "heart_rate")
    contact = flags >> 1 & 0x03
    if flags & 0x08:
        read.unsigned(2, "energy")
    intervals = [read.unsigned(2, "rr") / 1.024 for _ in range(read.left // 2)] if flags & 0x10 else []
    now = _now(arrival)
    made: list[Observation] = []
    if contact & 0x02:
        state = "on" if contact == _ON_SKIN else "off"
        made.append(Event("worn", now.at_ms, state, {}, now.quality))
    if contact == _OFF_SKIN:  # what it counts is no heart
        return Measured(tuple(made))
    made += _scalars(now, {"heart_rate": float(rate) if rate else None})
    behind_ms = 0.0
    for interval in reversed(intervals):
        if interval:
            late = round(behind_ms)
            quality = TimeQuality.DEVICE if late else TimeQuality.RECEIVED
            made.append(Scalar("rr_interval", round(interval, 1), arrival.at_ms - late, quality))
            behind_ms += max(interval, 1)
    return Measured(tuple(made))


def blood_pressure(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A35: the pressures, the pulse, and whose slot of the cuff they are."""
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    names = ("systolic_pressure", "diastolic_pressure", "mean_pressure")
    numbers = {name: read.sfloat(name) for name in names}
    if flags & 0x01:
        numbers = {n: None if v is None else float(round(v * MMHG_PER_KPA)) for n, v in numbers.items()}
    stamp = _time(read, arrival, there=bool(flags & 0x02))
    pulse = read.sfloat("pulse_rate") if flags & 0x04 else None
    user = read.unsigned(1, "user") if flags & 0x08 else None
    status = read.unsigned(2, "status") if flags & 0x10 else 0
    poor = _POOR if status & (0x01 | 0x02 | 0x20) else 0  # moved, cuff loose, wrong position
    made: list[Observation] = [*_scalars(stamp, numbers, poor)]
    if pulse is not None:
        context = "irregular" if status & 0x04 else ""
        made.append(Scalar("pulse_rate", pulse, stamp.at_ms, stamp.quality, poor, context))
    return Measured(tuple(made), user)


_SITES = {1: "axilla", 2: "", 3: "ear", 4: "finger", 5: "gut", 6: "mouth", 7: "rectum", 8: "skin", 9: "tympanum"}


def temperature(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A1C: a temperature and where on the body it was taken."""
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    degrees = read.float32("temperature")
    stamp = _time(read, arrival, there=bool(flags & 0x02))
    site = _SITES.get(read.unsigned(1, "type"), "") if flags & 0x04 else ""
    if degrees is None:
        return Measured(())
    if flags & 0x01:
        degrees = round(convert(degrees, "[degF]", "Cel"), 1)
    return Measured((Scalar("body_temperature", degrees, stamp.at_ms, stamp.quality, 0, site),))


_NO_MEASUREMENT = 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 15
"""Of the status: a demonstration, a test, a calibration, not available, invalid."""
_DOUBTED = 1 << 6 | 1 << 14
_FROM_STORAGE = 1 << 9
_BAD_SIGNAL = 0xFFFE
"""Of the sensor's status: everything but that it displays something."""


def _oxygen(read: ValueReader, stamp: _Stamp, flags: int, spo2: float | None, pulse: float | None) -> Measured:
    """Read what stands behind the two numbers, from bit 0 of `flags` on: status, sensor, pulse amplitude."""
    status = read.unsigned(2, "status") if flags & 0x01 else 0
    sensor = read.unsigned(3, "sensor status") if flags & 0x02 else 0
    amplitude = read.sfloat("pulse amplitude") if flags & 0x04 else None
    if status & _NO_MEASUREMENT:
        return Measured(())
    quality = _POOR if status & _DOUBTED or sensor & _BAD_SIGNAL else 0
    if status & _FROM_STORAGE and stamp.quality is TimeQuality.DEVICE:
        quality |= _LATE
    numbers = {"spo2": spo2, "pulse_rate": pulse, "perfusion_index": amplitude}
    return Measured(tuple(_scalars(stamp, numbers, quality)))


def oxygen_spot(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A5E: one measurement of an oximeter."""
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    spo2, pulse = read.sfloat("spo2"), read.sfloat("pulse_rate")
    stamp = _time(read, arrival, there=bool(flags & 0x01), trusted=not flags & 0x10)
    return _oxygen(read, stamp, flags >> 1, spo2, pulse)


def oxygen_continuous(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A5F: what an oximeter that stays on shows now; its fast and slow averages are of the same beats."""
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    spo2, pulse = read.sfloat("spo2"), read.sfloat("pulse_rate")
    for averages in (0x01, 0x02):
        if flags & averages:
            read.unsigned(4, "averages")
    return _oxygen(read, _now(arrival), flags >> 2, spo2, pulse)


_CONTROL_SOLUTION = 10
_CONTROL_PLACE = 4
_STRIP_AT_FAULT = 0x061E
"""Of the status: malfunction, too little blood, strip badly put in or wrong, read interrupted, general fault."""
_ABOVE, _BELOW, _TIME_FAULT = 0x0020, 0x0040, 0x0800


def glucose(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A18: one record of a meter; one of control solution is nobody's blood.

    A meter hands over all that it keeps. What is older than two hours is history, flagged late: no rule pages for it.
    """
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    read.unsigned(2, "sequence number")
    base_ms = read.local_time_ms(arrival.zone, "time")
    offset_ms = read.signed(2, "time offset") * MINUTE_MS if flags & 0x01 else 0
    level, place = None, 0
    if flags & 0x02:
        level = read.sfloat("glucose")
        place = read.unsigned(1, "type")
    status = read.unsigned(2, "status") if flags & 0x08 else 0
    if place & 0x0F == _CONTROL_SOLUTION or place >> 4 == _CONTROL_PLACE:
        return Measured(())
    stamp, quality = _recorded(base_ms, offset_ms, arrival, trusted=not status & _TIME_FAULT)
    if status & _STRIP_AT_FAULT:
        quality |= _POOR
    if status & (_ABOVE | _BELOW) and level is None:  # "HI" or "LO" on the meter: the worst, and no number
        said = "glucose above the meter's range" if status & _ABOVE else "glucose below the meter's range"
        return Measured((unknown_event(said, at_ms=stamp.at_ms, time_quality=stamp.quality, urgent=True),))
    if level is None:
        return Measured(())
    mmol_l = level * 1_000 if flags & 0x04 else convert(level * 100_000, "mg/dL", "mmol/L")
    return Measured((Scalar("glucose", round(mmol_l, 2), stamp.at_ms, stamp.quality, quality),))


def _recorded(base_ms: int | None, offset_ms: int, arrival: Arrival, *, trusted: bool) -> tuple[_Stamp, int]:
    """Return when a record was made, and whether it is history: the wall clock is the base time and its offset."""
    at_ms = (base_ms or 0) + offset_ms
    age_ms = arrival.at_ms - at_ms
    if base_ms is None or not trusted or not -SANE_MS <= age_ms <= _KEPT_MS:
        return _now(arrival), 0
    return _Stamp(at_ms, TimeQuality.DEVICE), _LATE if age_ms > _BACKLOG_MS else 0


def weight(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A9D: a weight, and whose slot of the scale it is."""
    read = ValueReader(value)
    flags = read.unsigned(1, "flags")
    imperial = bool(flags & 0x01)
    raw = read.unsigned(2, "weight")
    stamp = _time(read, arrival, there=bool(flags & 0x02))
    user = read.unsigned(1, "user") if flags & 0x04 else None
    numbers = {"weight": _weight(raw, imperial=imperial)}
    if flags & 0x08:
        bmi = read.unsigned(2, "bmi")
        numbers["bmi"] = bmi / 10 if bmi else None
        numbers["height"] = _height(read.unsigned(2, "height"), imperial=imperial)
    return Measured(tuple(_scalars(stamp, numbers)), user)


def body_composition(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A9C: of a scale that measures fat, too, the weight and height; the rest has no quantity here."""
    read = ValueReader(value)
    flags = read.unsigned(2, "flags")
    read.unsigned(2, "body fat")
    stamp = _time(read, arrival, there=bool(flags & 0x02))
    user = read.unsigned(1, "user") if flags & 0x04 else None
    for bit in range(3, 10):  # basal metabolism to impedance
        if flags & 1 << bit:
            read.unsigned(2, "composition")
    imperial = bool(flags & 0x01)
    numbers: dict[str, float | None] = {}
    if flags & 1 << 10:
        numbers["weight"] = _weight(read.unsigned(2, "weight"), imperial=imperial)
    if flags & 1 << 11:
        numbers["height"] = _height(read.unsigned(2, "height"), imperial=imperial)
    return Measured(tuple(_scalars(stamp, numbers)), user)


_UNSUCCESSFUL = 0xFFFF


def _weight(raw: int, *, imperial: bool) -> float | None:
    if raw in (0, _UNSUCCESSFUL):
        return None
    return round(raw * 0.01 * KG_PER_LB, 2) if imperial else round(raw * 0.005, 3)


def _height(raw: int, *, imperial: bool) -> float | None:
    return (round(raw * 0.1 * _CM_PER_INCH, 1) if imperial else round(raw * 0.1, 1)) if raw else None


def battery(value: bytes, arrival: Arrival) -> Measured:
    """Read 2A19: the device's battery in per cent."""
    return Measured(tuple(_scalars(_now(arrival), {"battery": float(ValueReader(value).unsigned(1, "battery"))})))


PARSERS: Mapping[str, Callable[[bytes, Arrival], Measured]] = {
    "2a37": heart_rate,
    "2a35": blood_pressure,
    "2a1c": temperature,
    "2a5e": oxygen_spot,
    "2a5f": oxygen_continuous,
    "2a18": glucose,
    "2a9d": weight,
    "2a9c": body_composition,
    "2a19": battery,
}
"""Characteristic, as four hexadecimal digits, to what reads it."""
