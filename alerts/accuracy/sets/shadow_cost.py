"""What a version in the shadow costs: the deciding engine while one runs beside it, and the shadow itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

from alerts.accuracy.cost import EVERY_DETECTOR, batch
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.sets import cast_hr
from alerts.accuracy.stream import EPOCH_MS
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.shadow.lane import ShadowLane
from alerts.versions import discover_versions
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

NAME = cast_hr.NAME
DETECTORS = (EVERY_DETECTOR,)
_STEADY = {"spo2": 97.0, "respiration_rate": 15.0, "body_temperature": 36.6, "battery": 80.0}
_BATCH = 1_000


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield the CPU time for a message on the way of an alarm, and of the shadow after it. [us]."""
    people = [
        [one.value for reading in cast_hr.readings(file) for one in reading.observations if isinstance(one, Scalar)]
        for file in sorted((folder / cast_hr.NAME).glob("*.npz"))
    ]
    if people:
        yield from shadow_cost(batch(people, EPOCH_MS, _STEADY), len(people))


def shadow_cost(readings: Sequence[Reading], people: int) -> Iterator[AccuracyRow]:
    """Yield what messages of some people cost, each of whom has one device. [us]."""
    profile, begins_ms = cast_hr.PROFILE, readings[0].received_at_ms
    engine, live_s, shadow_s = Engine(discover()), 0.0, 0.0
    engine.update_roster(
        WatchedDevice(f"w-{number}", f"r-{number}", profile, enrolled_at_ms=begins_ms) for number in range(people)
    )
    lane = ShadowLane(discover_versions()[0], engine.versions, begins_ms)
    while not lane.has_begun:
        lane.work(begins_ms)
    for start in range(0, len(readings), _BATCH):
        part = readings[start : start + _BATCH]
        began = process_time()
        for one in part:
            engine.feed(one)
        lane.take(part)
        decided = process_time()
        lane.work(part[-1].received_at_ms, most_ms=float("inf"))
        live_s, shadow_s = live_s + decided - began, shadow_s + process_time() - decided
    for group, spent_s in (("deciding, with a version in the shadow", live_s), ("the shadow itself", shadow_s)):
        spent_us, number = 1e6 * spent_s / len(readings), len(readings)
        yield AccuracyRow(cast_hr.NAME, group, EVERY_DETECTOR, "us_per_resident_minute", spent_us, number)
