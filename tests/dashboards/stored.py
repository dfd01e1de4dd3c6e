"""What the dashboards' InfluxDB holds in the tests: two residents, two centres and two processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from influxdb_client.client.flux_table import FluxRecord

from anhu.contract.clock import SECOND_MS
from anhu.contract.observation import Event, Observation, Quality, Scalar, waveform_from_array
from anhu.contract.quantities import Kind, Quantity, of_kind
from dashboards.platform_health import CHARTS
from ingest.store.port import PlatformRow, StoredReading

Ask: TypeAlias = Callable[..., list[FluxRecord]]


def typical(quantity: Quantity) -> tuple[float, float]:
    """Two plausible values of a quantity: what the watch reported first and last."""
    span = quantity.high - quantity.low
    return quantity.low + span * 0.25, quantity.low + span * 0.5


def readings(now_ms: int) -> Iterator[StoredReading]:
    """Readings of two residents, all within the hour before `now_ms`."""
    for q in of_kind(Kind.SCALAR):
        first, last = typical(q)
        yield _said("r-1", "watch.1", _number(q, first, now_ms, ago_s=900))
        yield _said("r-1", "watch.1", _number(q, q.high + 1, now_ms, ago_s=600, quality=Quality.OUT_OF_RANGE))
        yield _said("r-1", "watch.1", _number(q, last, now_ms, ago_s=300))
        yield _said("r-1", "pad:2", _number(q, last, now_ms, ago_s=1_200))
        yield _said("r-2", "watch.3", _number(q, q.high, now_ms, ago_s=300))
    for kind, state, ago_s in (("fall", "on", 700), ("contact", "on", 500), ("contact", "off", 400)):
        yield _said("r-1", "watch.1", Event(kind, now_ms - ago_s * SECOND_MS, state, {"room": "卧室"}))
    ecg = waveform_from_array(
        "ecg", np.zeros((500, 1)), observed_at_ms=now_ms - 800_000, sampling_rate_hz=250.0, channels=("I",)
    )
    yield _said("r-1", "watch.1", ecg)


def health(now_ms: int) -> Iterator[PlatformRow]:
    """Open alerts of two centres; two processes whose counters grow by two a second."""
    for centre, priority, still_open, waiting, oldest_s in (
        ("north", "high", 2, 1, 90),
        ("north", "low", 5, 0, 400),
        ("south", "high", 1, 1, 30),
    ):
        fields = {"open": float(still_open), "unacknowledged": float(waiting), "oldest_s": float(oldest_s)}
        yield PlatformRow("alerts_open", now_ms - 60_000, {"centre": centre, "priority": priority}, fields)
    names = [field for chart in CHARTS for field in chart.fields]
    for process, start in (("gateway", 100.0), ("ingest", 200.0)):
        for ago_s in (30, 20):
            counters = dict.fromkeys(names, start - 2.0 * ago_s)
            yield PlatformRow("process", now_ms - ago_s * SECOND_MS, {"process": process}, counters)


def _number(q: Quantity, value: float, now_ms: int, *, ago_s: int, quality: Quality = Quality.GOOD) -> Scalar:
    return Scalar(q.code, value, now_ms - ago_s * SECOND_MS, quality=int(quality))


def _said(resident_id: str, device_id: str, observation: Observation) -> StoredReading:
    return StoredReading(resident_id, device_id, observation.observed_at_ms, (observation,))
