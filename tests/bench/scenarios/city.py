"""A city's engines: CPU time a message and memory a resident, over partitions and over how many residents are known."""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from alerts.detectors import discover
from alerts.engine.collector import collector_paused
from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.messages import messages_of
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.observation import TimeQuality
from anhu.contract.record import Numbers, bundled, encode_record
from anhu.log.port import Entry
from tests.bench.report import Options, Report
from tests.bench.scenarios.state import own_pss_bytes

T = TypeVar("T")
NAME = "city"
_T0 = 1_795_300_000_000
_PARTITIONS = (1, 8, 48)
_RESIDENTS = (1_000, 100_000, 1_000_000)
_MESSAGES = 200_000
"""The same total, however it is spread."""
_TOGETHER = 50
"""Messages that one flush of the LOG put together."""
_A_TURN = 1_000
"""So many messages a shard decides before it is the next one's turn, as in the worker's loop."""


def measure(options: Options, report: Report, folder: object) -> None:  # noqa: ARG001 - it needs no folder
    """Measure each way to spread in a process of its own, so that caches and memory are its own."""
    sizes = (200, 2_000) if options.quick else _RESIDENTS
    messages = 4_000 if options.quick else _MESSAGES
    for _ in range(options.runs):
        for residents in sizes:
            for partitions in _PARTITIONS:
                asked = [str(one) for one in (partitions, residents, messages)]
                ran = subprocess.run(
                    [sys.executable, "-m", "tests.bench.scenarios.city", *asked], capture_output=True, check=True
                )
                for metric, (unit, value) in json.loads(ran.stdout).items():
                    report.add(NAME, f"{metric}, {partitions} partitions, {residents} residents", unit, value)


def _main(partitions: int, residents: int, messages: int) -> dict[str, tuple[str, float]]:
    detectors = discover()
    gc.collect()
    before = own_pss_bytes()
    engines = [Engine(detectors) for _ in range(partitions)]
    began_s = time.process_time()
    with collector_paused():
        for n, engine in enumerate(engines):
            engine.start(_devices(range(n, residents, partitions)), b"")
        known_s = time.process_time() - began_s
        for entries in _entries(range(residents), partitions, _T0):
            _decide(engines, entries)
    gc.collect()
    gc.freeze()
    used = own_pss_bytes() - before
    spoken = random.Random(1).choices(range(residents), k=messages)  # noqa: S311 - which ones does not matter
    came = [*_entries(spoken, partitions, _T0 + MINUTE_MS)]
    began_s = time.process_time()
    for entries in came:
        _decide(engines, entries)
    spent_s = time.process_time() - began_s
    return {
        "CPU time a message, engine": ("µs", spent_s / messages * 1e6),
        "CPU time to know everybody": ("s", known_s),
        "memory per resident": ("byte", used / residents),
    }


def _devices(residents: Sequence[int]) -> Iterator[WatchedDevice]:
    profile = Profile(report_period_s=60.0)
    return (WatchedDevice(f"w-{n}", f"r-{n}", profile, centre_id=f"c-{n % 1_000}") for n in residents)


def _entries(spoken: Sequence[int], partitions: int, since_ms: int) -> Iterator[Sequence[tuple[int, Entry]]]:
    """Return turn by turn what comes, as entries of the LOG by partition; a city's 17,000 messages are a second."""
    for turn, some in enumerate(_in_parts(spoken, _A_TURN * partitions)):
        at_ms = since_ms + turn * _A_TURN * partitions * SECOND_MS // 17_000
        parts: dict[int, list[bytes]] = {}
        for n in some:
            parts.setdefault(n % partitions, []).append(encode_record(_message(n, at_ms)))
        yield [
            (partition, Entry(0, entry))
            for partition, records in parts.items()
            for few in _in_parts(records, _TOGETHER)
            for entry in bundled(few)
        ]


def _in_parts(all_: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (all_[first : first + size] for first in range(0, len(all_), size))


def _message(n: int, at_ms: int) -> Numbers:
    values = {"heart_rate": 62.0 + n % 20, "spo2": 96.0 + n % 4, "respiration_rate": 13.0 + n % 5}
    return Numbers(f"w-{n}", f"r-{n}", at_ms + n % 400, at_ms, TimeQuality.DEVICE, values)


def _decide(engines: Sequence[Engine], entries: Sequence[tuple[int, Entry]]) -> None:
    counts: Counter[str] = Counter()
    for partition, entry in entries:
        feed = engines[partition].feed
        for record in messages_of(entry, counts):
            feed(record)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(*map(int, sys.argv[1:]))))
