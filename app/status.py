"""What each process says of itself: a small file per process, read by `anhu doctor` and by ingest's health rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.numbers import Family
from ingest.store.port import PlatformRow

FRESH_MS = 30_000


class Status(NamedTuple):
    """The last words of one instance of a process."""

    process: str
    pid: int
    at_ms: int
    counters: Mapping[str, float]
    instance: str = ""
    families: Sequence[Family] = ()


def write(
    folder: Path,
    process: str,
    counters: Mapping[str, float],
    clock: Clock,
    *,
    instance: str = "",
    families: Sequence[Family] = (),
) -> None:
    """Replace a process's status file; a reader sees the old one or the new one, never half."""
    folder.mkdir(parents=True, exist_ok=True)
    body = {"process": process, "pid": os.getpid(), "at_ms": clock.now_ms(), "counters": dict(counters)}
    new = folder / f".{process}.{os.getpid()}"
    new.write_bytes(msgspec.json.encode({**body, "instance": instance, "families": list(families)}))
    new.replace(folder / f"{process}.json")


def read_all(folder: Path) -> Sequence[Status]:
    """Return what every process last said, by name; a file that is no status is passed over."""
    found: list[Status] = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(_status(msgspec.json.decode(file.read_bytes())))
        except (ValueError, KeyError, TypeError, OSError):
            continue
    return found


def forget(folder: Path, process: str, instance: str) -> bool:
    """Remove the file of an instance; tell whether there was one."""
    file = folder / f"{process}.json"
    known = any((one.process, one.instance) == (process, instance) for one in read_all(folder))
    if known:
        file.unlink(missing_ok=True)
    return known


def _status(body: dict[str, Any]) -> Status:
    families = msgspec.convert(body.get("families", []), tuple[Family, ...])
    return Status(body["process"], body["pid"], body["at_ms"], body["counters"], body.get("instance", ""), families)


def platform_rows(folder: Path, now_ms: int, *, with_instance: bool = False) -> list[PlatformRow]:
    """Return fresh statuses as rows for the time-series store; a dead process writes no row.

    They are of one machine; where those of several meet in one store, each says by name which it is.
    """
    return [
        PlatformRow("process", now_ms, _tags(s, with_instance=with_instance), s.counters)
        for s in read_all(folder)
        if now_ms - s.at_ms < FRESH_MS and s.counters
    ]


def _tags(said: Status, *, with_instance: bool) -> dict[str, str]:
    return {"process": said.process} | ({"instance": said.instance} if with_instance else {})
