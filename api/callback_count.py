"""What became of calls of providers, for the status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class CallbackCount:
    """Counts ``taken``, ``strange`` (no such address), ``full`` (too many wait), ``refused`` by their reader."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, what: str) -> None:
        """Count one."""
        self._counts[what] += 1

    def counters(self) -> Mapping[str, float]:
        """Return what there was since the start."""
        return {f"callbacks_{what}": float(count) for what, count in self._counts.items()}
