"""What one message costs each codec; the codec table of the README shows it."""

from __future__ import annotations

import time
from pathlib import Path

from gateway.codecs import discover
from gateway.vendor_bench.examination import cost_of
from tests.bench.report import Options, Report

_RUNS = 7


def measure(options: Options, report: Report, folder: Path) -> None:  # noqa: ARG001 - nothing is kept
    """Measure them by turns, in time of the processor, so that what else runs here falls on none of them."""
    codecs = discover()
    for _ in range(1 if options.quick else max(_RUNS, options.runs)):
        for name, codec in codecs.items():
            cost = cost_of(codec, time.process_time_ns)
            if cost is not None:
                report.add("codecs", name, "us", cost.median_us)
