"""Numbers of processes: histograms, families, and what Prometheus reads."""

from __future__ import annotations

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from anhu.contract.exposition import exposed, of_process
from anhu.contract.numbers import Family, Histogram, Sample, counter, merged, with_label

BOUNDS = (0.1, 1.0)


def family(*samples: Sample) -> Family:
    return Family("anhu_wait_seconds", "How long.", "histogram", ("stage",), samples, BOUNDS)


def lines(*families: Family) -> list[str]:
    return [line for line in exposed(families).decode().splitlines() if not line.startswith("#")]


def test_an_observation_falls_into_the_bucket_whose_end_it_does_not_pass() -> None:
    waits = Histogram(BOUNDS)
    for value in (0.1, 0.100001, 1.0, 1.5, -3.0):
        waits.observe(value)
    waits.observe(0.5, times=10)
    assert waits.sample("door").buckets == (2, 12, 1)
    assert waits.sample("door").value == pytest.approx(0.1 + 0.100001 + 1.0 + 1.5 + 5.0)


def test_prometheus_reads_buckets_that_add_up() -> None:
    said = exposed([family(Sample(("door",), 2.5, (1, 2, 1)))]).decode()
    (read,) = text_string_to_metric_families(said)
    buckets = {one.labels["le"]: one.value for one in read.samples if one.name.endswith("_bucket")}
    assert (read.type, buckets) == ("histogram", {"0.1": 1.0, "1.0": 3.0, "+Inf": 4.0})
    assert {one.name.rpartition("_")[2]: one.value for one in read.samples}["count"] == 4.0


def test_families_of_one_name_become_one_and_those_that_mean_something_else_are_left_out() -> None:
    same = merged([family(Sample(("a",), 1.0, (1, 0, 0))), family(Sample(("b",), 1.0, (1, 0, 0)))])
    assert [[one.labels for one in found.samples] for found in same] == [[("a",), ("b",)]]
    assert [one.kind for one in merged([family(), counter("anhu_wait_seconds", "Else.", 1.0)])] == ["histogram"]


def test_a_family_crosses_processes_as_json() -> None:
    sent = with_label(family(Sample(("door",), 2.5, (1, 2, 1))), "member", "node-7")
    assert msgspec.json.decode(msgspec.json.encode(sent), type=Family) == sent
    assert sent.labels == ("stage", "member")
    assert sent.samples[0].labels == ("door", "node-7")


def test_plain_counters_have_the_names_and_units_of_the_custom() -> None:
    said = lines(
        *of_process(
            "alerts", {"backlog_bytes": 5.0, "lag_ms": 1_500.0, "stuck_s": 2.0, "Fed-In": 7.0, "lag_ms_12": 40.0}
        )
    )
    assert said == [
        "anhu_alerts_fed_in_total 7.0",
        "anhu_alerts_backlog_bytes 5.0",
        "anhu_alerts_lag_seconds 1.5",
        'anhu_alerts_partition_lag_seconds{partition="12"} 0.04',
        "anhu_alerts_stuck_seconds 2.0",
    ]
