"""The demo's past: ninety quiet days of every made-up resident, so that charts have something to show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from anhu.contract import wire
from anhu.contract.clock import DAY_MS
from app.demo import people
from ingest.store.port import StoredReading, StoreWriter
from simulators.report import Report
from simulators.sources.synthetic_day import day

DAYS = 90
_DENSE_DAYS = 3
_DENSE_S = 600
_SPARSE_S = 7_200
_BATCH = 1_000


def watch_id(number: int) -> str:
    """Name a resident's wearable."""
    return f"watch-{number:03}"


def home_id(number: int) -> str:
    """Name a resident's home sensors."""
    return f"home-{number:03}"


def is_home(report: Report) -> bool:
    """Tell whether a report comes from the home's sensors rather than from the wearable."""
    return bool(report.events) or "room_temperature" in report.values


def write(writer: StoreWriter, midnight_ms: int, now_ms: int) -> None:
    """Write the days before today's midnight, and today until now. [ms]."""
    readings = _past(midnight_ms, now_ms)
    while batch := list(islice(readings, _BATCH)):
        writer.write(batch)


def _past(midnight_ms: int, now_ms: int) -> Iterator[StoredReading]:
    for number, person in enumerate(people.residents(), start=1):
        for ago in range(DAYS, -1, -1):
            start_ms = midnight_ms - ago * DAY_MS
            every_s = _DENSE_S if ago <= _DENSE_DAYS else _SPARSE_S
            for report in day(number, number=start_ms // DAY_MS, vitals_every_s=every_s):
                at_ms = start_ms + report.after_ms
                if at_ms >= now_ms or (ago > _DENSE_DAYS and is_home(report)):
                    continue
                device = home_id(number) if is_home(report) else watch_id(number)
                yield StoredReading(person.id, device, at_ms, wire.decode(report.payload(start_ms), at_ms))
