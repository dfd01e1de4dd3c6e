"""A community centre on one machine: `anhu up` with the embedded store, 1,000 residents at one report a minute."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.load import load
from tests.bench.platform import Platform, running
from tests.bench.report import Options, Report
from tests.bench.usage import Meter, pss_bytes

NAME = "embedded"
_PERIOD_S = 60.0
_EVENT_EVERY = 4
_SETTLE_S = 3.0
_MIB = 1_048_576


def measure(options: Options, report: Report, folder: Path) -> None:
    """Measure CPU and memory of the whole process tree, quiet and under the load."""
    residents, seconds = (50, 3.0) if options.quick else (1_000, 60.0)
    for run in range(options.runs):
        place = folder / str(run)
        place.mkdir()
        began_s = time.monotonic()
        with running(place, residents) as (platform, who):
            report.add(NAME, "start, first time, residents' enrolment included", "s", time.monotonic() - began_s)
            time.sleep(_SETTLE_S)
            _observe(platform, report, "idle", seconds / 3)
            with load(platform.mqtt_port, who, event_every=_EVENT_EVERY) as devices:
                time.sleep(_SETTLE_S)
                devices.begin(residents / _PERIOD_S, seconds)
                _observe(platform, report, f"{residents} residents", seconds)
                sent = devices.end()
            report.add(NAME, "messages not acknowledged", "messages", sent.sent - sent.acked)


def _observe(platform: Platform, report: Report, state: str, seconds: float) -> None:
    stages = platform.stages()
    meter = Meter(stages)
    time.sleep(seconds)
    used = meter.used()
    for name, cpu_s in used.items():
        report.add(NAME, f"CPU of {name}, {state}", "% of a core", 100 * cpu_s / seconds)
    report.add(NAME, f"CPU of all, {state}", "% of a core", 100 * sum(used.values()) / seconds)
    memory = {name: sum(map(pss_bytes, pids)) / _MIB for name, pids in stages.items()}
    for name, mebibytes in memory.items():
        report.add(NAME, f"memory of {name}, {state}", "MiB", mebibytes)
    report.add(NAME, f"memory of all, {state}", "MiB", sum(memory.values()))
