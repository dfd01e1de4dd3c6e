"""The counters of a process that works on many partitions: summed, and by partition where that helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from anhu.log.port import CountedLogReader

Counters = Callable[[], Mapping[str, float]]
_NOW = (
    "backlog_bytes",
    "watched",
    "shadows",
    "shadows_off",
    "stuck_s",
    "silent_",
    "newest_",
    "lag_ms",
    "log_away_",
    "log_unheard_",
)
"""Beginnings of what is so at present, and is not counted since the start."""
_GREATEST = ("_ms", "_s")


def with_log(counters: Counters, reader: CountedLogReader) -> Counters:
    """Return what counts what a worker does, and what its reader of the LOG does."""
    return lambda: {**counters(), **{f"log_{name}": count for name, count in reader.counters().items()}}


class ShardCounters:
    """Adds up what the partitions of a process count; what was counted of one that left is not forgotten."""

    def __init__(self) -> None:
        self._asked: dict[int, Counters] = {}
        self._before: Counter[str] = Counter()

    def add(self, partition: int, counters: Counters) -> None:
        """Ask a partition's worker from now on."""
        self._asked[partition] = counters

    def remove(self, partition: int) -> None:
        """Ask it no longer."""
        left = self._asked.pop(partition, None)
        if left is not None:
            self._before.update({name: value for name, value in left().items() if not name.startswith(_NOW)})

    def together(self) -> Mapping[str, float]:
        """Return all sums, the greatest of times, and the backlog of each partition. [byte]."""
        found: dict[str, float] = {name: float(value) for name, value in self._before.items()}
        for partition, ask in sorted(self._asked.items()):
            for name, value in ask().items():
                before = found.get(name, 0.0)
                found[name] = max(before, value) if name.endswith(_GREATEST) else before + value
                if name == "backlog_bytes":
                    found[f"{name}_{partition}"] = value
        return found
