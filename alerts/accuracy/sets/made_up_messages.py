"""What a message costs each detector by itself: a made-up day, a message a minute of whatever it reads, nobody ill.

No recordings: the figure is time, the same on any data. Detectors that read waveforms are told by the minute of signal,
by those who measure them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from time import process_time

from alerts.accuracy.days import DEVICE, RESIDENT, engine_of
from alerts.accuracy.development import MADE_UP
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import EPOCH_MS
from alerts.detectors import discover
from alerts.rules.detector import Detector, Profile
from anhu.contract.clock import DAY_MS, MINUTE_MS
from anhu.contract.observation import AttributeValue, Event, Observation, Scalar
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.record import Reading

NAME = MADE_UP
_PROFILE = Profile(report_period_s=60.0, flags=frozenset({"age_65", "lives_alone", "diabetes", "heart_failure"}))
_USUAL: Mapping[str, float] = {
    "battery": 80.0,
    "body_temperature": 36.6,
    "diastolic_pressure": 78.0,
    "glucose": 6.1,
    "heart_rate": 72.0,
    "pulse_rate": 72.0,
    "respiration_rate": 15.0,
    "room_temperature": 22.0,
    "spo2": 97.0,
    "steps": 20.0,
    "systolic_pressure": 124.0,
    "weight": 62.0,
}
"""What somebody well has, in the quantity's unit, where that is not the middle of its plausible range.

Each swings by a hundredth from message to message.
"""
_ABOUT: Mapping[str, AttributeValue] = {
    "room": "bedroom",
    "latitude_deg": 31.2304,
    "longitude_deg": 121.4737,
    "accuracy_m": 15.0,
}


def _measured() -> tuple[type[Detector], ...]:
    """Return the detectors that read numbers and events only."""
    waves = {code for code, row in QUANTITIES.items() if row.kind is Kind.WAVEFORM}
    return tuple(detector for detector in discover() if not waves & set(detector.reads))


DETECTORS = tuple(detector.name for detector in _measured())


def messages(detector: type[Detector]) -> Iterator[Reading]:
    """Yield a day of messages, each with everything that the detector reads; devices that speak to all, if nothing."""
    reads = [code for code in detector.reads if code in QUANTITIES]
    for minute in range(DAY_MS // MINUTE_MS):
        t = EPOCH_MS + minute * MINUTE_MS
        yield Reading(DEVICE, RESIDENT, t, tuple(_observed(code, minute, t) for code in reads))


def _observed(code: str, minute: int, t_ms: int) -> Observation:
    row = QUANTITIES[code]
    if row.kind is Kind.SCALAR:
        usual = _USUAL[code] if code in _USUAL else (row.low + row.high) / 2
        return Scalar(code, usual * (1 + (minute % 3 - 1) / 100), t_ms)
    return Event(code, t_ms, "off" if minute % 2 else "on", dict(_ABOUT))


def measure(folder: Path) -> Iterator[AccuracyRow]:  # noqa: ARG001 - every module of sets takes the folder
    """Yield the CPU time of a message, engine and all, for each detector by itself. [us]."""
    for detector in _measured():
        day = list(messages(detector))
        engine = engine_of([detector.name], _PROFILE, EPOCH_MS)
        began = process_time()
        for reading in day:
            engine.feed(reading)
        cost = 1e6 * (process_time() - began) / len(day)
        numbers = len(day[0].observations)
        group = f"{numbers} {'number or event' if numbers == 1 else 'numbers or events'} a message"
        yield AccuracyRow(NAME, group, detector.name, "us_per_message", cost, len(day))
