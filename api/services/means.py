"""Means of the last week: what a doctor reads a single value against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from anhu.contract.clock import DAY_MS
from api.visit import ResidentVisit
from ingest.store.port import Range

DAYS = 7
QUANTITIES_WITH_MEAN = (
    "systolic_pressure",
    "diastolic_pressure",
    "heart_rate",
    "spo2",
    "respiration_rate",
    "body_temperature",
    "glucose",
    "weight",
)


class Mean(NamedTuple):
    """Mean of a quantity, with the lowest and the highest value and on how many days there were any."""

    mean: float
    low: float
    high: float
    days: int


def means_of(visit: ResidentVisit, quantities: Iterable[str]) -> Mapping[str, Mean]:
    """Return quantity -> mean of the visited resident's last seven days, each value counted once."""
    within = Range(visit.now_ms - DAYS * DAY_MS, visit.now_ms + 1)
    found: dict[str, Mean] = {}
    for quantity in quantities:
        if quantity not in QUANTITIES_WITH_MEAN:
            continue
        buckets = visit.store.buckets(visit.resident_id, quantity, within, bucket_ms=DAY_MS)
        samples = sum(one.samples for one in buckets)
        if samples:
            mean = sum(one.mean * one.samples for one in buckets) / samples
            low, high = min(one.low for one in buckets), max(one.high for one in buckets)
            found[quantity] = Mean(mean, low, high, len(buckets))
    return found
