"""Delays of stages: what is counted, and what it costs."""

from __future__ import annotations

from anhu.contract.delays import Delays, Stage
from anhu.contract.numbers import DELAY_BOUNDS_S
from anhu.contract.priority import Priority


def test_each_stage_and_priority_has_a_histogram() -> None:
    delays = Delays()
    delays.note(Stage.RECEIVED_TO_LOG, 4.0, times=3)
    delays.note(Stage.RECEIVED_TO_TOLD, 200.0, Priority.HIGH)
    delays.note_many(Stage.RECEIVED_TO_STORED, [10**9 - 1, 10**9 - 600, 10**9 + 5, 0], now_ms=10**9)
    (family,) = delays.families()
    said = {one.labels: (sum(one.buckets), round(one.value, 3)) for one in family.samples}
    assert said == {
        ("received_to_log", "all"): (3, 0.012),
        ("received_to_told", "high"): (1, 0.2),
        ("received_to_stored", "all"): (4, 1_000_000.601),
    }
    stored = next(one for one in family.samples if one.labels[0] == "received_to_stored")
    by_end = dict(zip((*DELAY_BOUNDS_S, float("inf")), stored.buckets, strict=True))
    assert {end: count for end, count in by_end.items() if count} == {0.005: 2, 1.0: 1, float("inf"): 1}


def test_there_are_few_lines_whatever_is_noted() -> None:
    delays = Delays()
    for stage in Stage:
        for priority in (None, *Priority):
            delays.note(stage, 1.0, priority)
    (family,) = delays.families()
    assert len(family.samples) == len(Stage) * (len(Priority) + 1)
