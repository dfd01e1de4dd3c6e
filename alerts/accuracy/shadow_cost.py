"""What a version in the shadow costs: the deciding engine while one runs beside it, and the shadow itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import process_time

from alerts.accuracy.row import AccuracyRow
from alerts.detectors import discover
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Detector
from alerts.shadow.lane import ShadowLane
from anhu.contract.record import Reading

_BATCH = 1_000


def shadow_cost(
    dataset: str, readings: Sequence[Reading], roster: Sequence[WatchedDevice], beside: type[Detector], group: str
) -> Iterator[AccuracyRow]:
    """Yield the CPU time for a message on the way of an alarm, and of the shadow after it. [us]."""
    engine, live_s, shadow_s = Engine(discover()), 0.0, 0.0
    engine.update_roster(roster)
    lane = ShadowLane(beside, engine.versions, readings[0].received_at_ms)
    while not lane.has_begun:
        lane.work(readings[0].received_at_ms)
    for start in range(0, len(readings), _BATCH):
        part = readings[start : start + _BATCH]
        began = process_time()
        for one in part:
            engine.feed(one)
        lane.take(part)
        decided = process_time()
        lane.work(part[-1].received_at_ms, most_ms=float("inf"))
        live_s, shadow_s = live_s + decided - began, shadow_s + process_time() - decided
    for what, spent_s in (("while another version runs in the shadow", live_s), ("the shadow itself", shadow_s)):
        spent_us, number = 1e6 * spent_s / len(readings), len(readings)
        yield AccuracyRow(dataset, f"{group}, {what}", "every detector", "us_per_resident_minute", spent_us, number)
