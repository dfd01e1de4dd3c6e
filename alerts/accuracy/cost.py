"""What numbers cost: many residents' messages, in the order received, through one engine with every detector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from time import process_time

from alerts.accuracy.row import AccuracyRow
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

EVERY_DETECTOR = "every detector"
_STEADY: Mapping[str, float] = {"spo2": 97.0, "respiration_rate": 15.0, "body_temperature": 36.6, "battery": 80.0}
"""What a wearable says beside the heart rate."""


def batch(heart_rates: Sequence[Sequence[float]], start_ms: int, beside: Mapping[str, float]) -> list[Reading]:
    """Return a message a minute of each resident, all residents' first minute first. [/min, ms]."""
    made: list[Reading] = []
    for minute in range(max(map(len, heart_rates), default=0)):
        for number, rates in enumerate(heart_rates):
            t = start_ms + minute * MINUTE_MS + number
            if minute < len(rates):
                values = {"heart_rate": rates[minute], **beside}
                numbers = tuple(Scalar(quantity, value, t) for quantity, value in values.items())
                made.append(Reading(f"w-{number}", f"r-{number}", t, numbers))
    return made


def cost(
    dataset: str, heart_rates: Sequence[Sequence[float]], start_ms: int, profile: Profile
) -> Iterator[AccuracyRow]:
    """Yield the engine's CPU time for a message, which is a resident's minute: of one number, and of five. [us]."""
    for beside in ({}, _STEADY):
        readings = batch(heart_rates, start_ms, beside)
        if not readings:
            return
        engine = Engine(discover())
        engine.update_roster(
            WatchedDevice(f"w-{number}", f"r-{number}", profile, enrolled_at_ms=start_ms)
            for number in range(len(heart_rates))
        )
        began = process_time()
        for reading in readings:
            engine.feed(reading)
        spent_us = 1e6 * (process_time() - began)
        group = f"batch, {1 + len(beside)} numbers a message"
        yield AccuracyRow(
            dataset, group, EVERY_DETECTOR, "us_per_resident_minute", spent_us / len(readings), len(readings)
        )
