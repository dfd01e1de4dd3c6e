"""The same with InfluxDB as the store: what stands beside Telegraf, and beside half of the rate that is promised."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.bench.report import Options, Report
from tests.bench.scenarios.latency import measure_once
from tests.bench.store import own_influxdb

NAME = "latency-influxdb"


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure a fresh installation with a fresh InfluxDB each run."""
    for run in range(options.runs):
        with own_influxdb(folder / f"influxdb-{run}") as (_, settings):
            measure_once(options, partial(report.add, NAME), folder / str(run), **settings)
