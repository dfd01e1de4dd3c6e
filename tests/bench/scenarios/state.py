"""The alert engine's state: memory per resident, and how long snapshot and restart take for 100,000 residents."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from pathlib import Path

from alerts.detectors import discover
from alerts.engine.collector import collector_paused
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from alerts.worker import SNAPSHOT_PART
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading
from tests.bench.report import Options, Report
from tests.bench.usage import pss_bytes

NAME = "state"
_T0 = 1_795_300_000_000
_REPORTS = 6
_VALUES = (("heart_rate", 70.0), ("spo2", 97.0), ("respiration_rate", 14.0))


def measure(options: Options, report: Report, folder: Path) -> None:  # noqa: ARG001 - it needs no folder
    """Measure in a process of its own, so that memory is the engine's."""
    residents = 1_000 if options.quick else 100_000
    for _ in range(options.runs):
        ran = subprocess.run(
            [sys.executable, "-m", "tests.bench.scenarios.state", str(residents)], capture_output=True, check=True
        )
        for metric, (unit, value) in json.loads(ran.stdout).items():
            report.add(NAME, f"{metric}, {residents} residents", unit, value)


def _devices(residents: int) -> list[WatchedDevice]:
    return [WatchedDevice(f"dev-{n}", f"r-{n}", Profile(report_period_s=60.0)) for n in range(residents)]


def _main(residents: int) -> dict[str, tuple[str, float]]:
    detectors = discover()
    gc.collect()
    before = own_pss_bytes()
    engine = Engine(detectors)
    began_s = time.perf_counter()
    with collector_paused():
        engine.update_roster(_devices(residents))
        for step in range(_REPORTS):
            _report(engine, residents, step)
    fed_s = time.perf_counter() - began_s
    gc.collect()
    used = own_pss_bytes() - before
    began_s = time.perf_counter()
    raw, longest_s = _snapshot(engine)
    snapshot_s = time.perf_counter() - began_s
    del engine
    began_s = time.perf_counter()
    other = Engine(detectors)
    with collector_paused():
        other.start(_devices(residents), raw)
    return {
        "memory per resident": ("byte", used / residents),
        "feed, a reading of three values": ("µs", fed_s / residents / _REPORTS * 1e6),
        "snapshot": ("s", snapshot_s),
        "snapshot, longest part at a stretch": ("ms", longest_s * 1e3),
        "snapshot size per resident": ("byte", len(raw) / residents),
        "roster and restore": ("s", time.perf_counter() - began_s),
    }


def _report(engine: Engine, residents: int, step: int) -> None:
    at_ms = _T0 + step * MINUTE_MS
    for n in range(residents):
        values = tuple(Scalar(code, value + (n + step) % 5 / 2, at_ms) for code, value in _VALUES)
        engine.feed(Reading(f"dev-{n}", f"r-{n}", at_ms, values))


def _snapshot(engine: Engine) -> tuple[bytes, float]:
    """Return a snapshot as the alert process takes it, and the longest time that a message would wait for it. [s]."""
    gc.freeze()
    began_s = time.perf_counter()
    checkpoint = engine.begin_checkpoint()
    stretches_s = [time.perf_counter() - began_s]
    while not checkpoint.is_complete:
        began_s = time.perf_counter()
        checkpoint.go_on(SNAPSHOT_PART)
        stretches_s.append(time.perf_counter() - began_s)
    began_s = time.perf_counter()
    raw = checkpoint.encoded()
    return raw, max(*stretches_s, time.perf_counter() - began_s)


def own_pss_bytes() -> int:
    """Return the memory of this process. [byte]."""
    return pss_bytes(int(Path("/proc/self").readlink().name))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(int(sys.argv[1]))))
