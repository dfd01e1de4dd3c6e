"""The cost of a version in the shadow is a row of its own."""

from __future__ import annotations

from alerts.accuracy.cost import batch
from alerts.accuracy.sets.shadow_cost import shadow_cost
from alerts.accuracy.stream import EPOCH_MS


def test_both_costs_are_told_over_all_messages() -> None:
    readings = batch([[70.0] * 60, [72.0] * 50], EPOCH_MS, {"respiration_rate": 15.0})
    rows = list(shadow_cost(readings, 2))
    assert [(row.group, row.count) for row in rows] == [
        ("deciding, with a version in the shadow", 110),
        ("the shadow itself", 110),
    ]
    assert all(row.value > 0 for row in rows)
