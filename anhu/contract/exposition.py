"""Numbers in the form that Prometheus reads, and the names that a process's plain counters have there.

A counter's name says what kind it is (`_GAUGES` are those that may fall); milliseconds become seconds, as is the custom
there.

Source: Prometheus documentation, "Metric and label naming".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from anhu.contract.clock import SECOND_MS
from anhu.contract.numbers import Family, Sample, counter, gauge, merged, with_label

_GAUGES = frozenset(
    {
        "backlog_bytes",
        "beats",
        "beats_failed",
        "connected",
        "connections",
        "deadman_failing",
        "held_by_limit",
        "intake_announcements_unwritten",
        "live",
        "log_bytes",
        "looks_wait_s",
        "looks_waiting_bytes",
        "notes_unwritten",
        "partitions",
        "partitions_unread",
        "pending_bytes",
        "port",
        "present_unwritten",
        "restless",
        "sessions",
        "sessions_unwritten",
        "strangers",
        "strangers_held",
        "shards",
        "stuck_s",
        "tcp_connected",
        "tcp_devices",
        "tcp_notes_unwritten",
        "tcp_present_unwritten",
        "tcp_restless",
        "tcp_strangers",
        "watched",
    }
)
"""What may fall again; of a name that ends like a time it goes without saying."""
_GAUGE_ENDS = ("_ms", "_s", "_bytes")
_GAUGE_BEGINS = ("stuck_", "failed_")
_BY_PARTITION = ("backlog_bytes", "lag_ms")
_NO_NAME = re.compile(r"[^a-z0-9_]")


def of_process(process: str, counters: Mapping[str, float]) -> Iterator[Family]:
    """Return a process's plain counters as families; what is counted by partition carries it as a label."""
    for name, value in sorted(counters.items()):
        plain, partition = _split(_NO_NAME.sub("_", name.lower()))
        family = _of_process(process, plain, value)
        yield with_label(family, "partition", partition) if partition else family


def _split(name: str) -> tuple[str, str]:
    """Return ``backlog_bytes_3`` as the backlog of partition 3; any other name as it is."""
    stem, _, number = name.rpartition("_")
    if number.isdigit() and stem.endswith(_BY_PARTITION):
        return f"partition_{stem}", number
    return name, ""


def _of_process(process: str, name: str, value: float) -> Family:
    what = f"As the process {process} says: {name}."
    if name.endswith("_ms"):
        stem = name.removesuffix("_ms")
        unit = "timestamp_seconds" if stem.endswith(("since", "received", "last_beat")) else "seconds"
        return gauge(f"anhu_{process}_{stem}_{unit}", what, value / SECOND_MS)
    if name.endswith("_s"):
        return gauge(f"anhu_{process}_{name.removesuffix('_s')}_seconds", what, value)
    if name in _GAUGES or name.endswith(_GAUGE_ENDS) or name.startswith(_GAUGE_BEGINS):
        return gauge(f"anhu_{process}_{name}", what, value)
    return counter(f"anhu_{process}_{name}", what, value)


def exposed(families: Iterable[Family], *collectors: Collector) -> bytes:
    """Return families as text; those of one name become one."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([_metric(one) for one in merged(families)]))
    for more in collectors:
        registry.register(more)
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        """Give what was collected."""
        yield from self._metrics


def _metric(family: Family) -> Metric:
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(family.name, family.what, labels=family.labels)
        for one in family.samples:
            histogram.add_metric(one.labels, _buckets(family, one), one.value)
        return histogram
    made = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = made(family.name, family.what, labels=family.labels)
    for one in family.samples:
        metric.add_metric(one.labels, one.value)
    return metric


def _buckets(family: Family, sample: Sample) -> list[tuple[str, float]]:
    ends = [*map(str, family.bounds), "+Inf"]
    return [(end, float(count)) for end, count in zip(ends, accumulate(sample.buckets), strict=True)]
