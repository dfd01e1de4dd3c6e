"""What each process says of itself: a small file per process, read by `anhu doctor` and by ingest's health rows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from anhu.contract.clock import Clock
from ingest.store.port import PlatformRow

FRESH_MS = 30_000


class Status(NamedTuple):
    """The last words of one process."""

    process: str
    pid: int
    at_ms: int
    counters: Mapping[str, float]


def write(folder: Path, process: str, counters: Mapping[str, float], clock: Clock) -> None:
    """Replace a process's status file; a reader sees the old one or the new one, never half."""
    folder.mkdir(parents=True, exist_ok=True)
    body = {"process": process, "pid": os.getpid(), "at_ms": clock.now_ms(), "counters": dict(counters)}
    new = folder / f".{process}.{os.getpid()}"
    new.write_text(json.dumps(body), encoding="utf-8")
    new.replace(folder / f"{process}.json")


def read_all(folder: Path) -> Sequence[Status]:
    """Return what every process last said, by name; a file that is no status is passed over."""
    found: list[Status] = []
    for file in sorted(folder.glob("*.json")):
        try:
            body = json.loads(file.read_text("utf-8"))
            found.append(Status(body["process"], body["pid"], body["at_ms"], body["counters"]))
        except (ValueError, KeyError, OSError):
            continue
    return found


def platform_rows(folder: Path, now_ms: int) -> list[PlatformRow]:
    """Return fresh statuses as rows for the time-series store; a dead process writes no row."""
    return [
        PlatformRow("process", now_ms, {"process": s.process}, s.counters)
        for s in read_all(folder)
        if now_ms - s.at_ms < FRESH_MS and s.counters
    ]
