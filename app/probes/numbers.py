"""A process's numbers, asked where they are kept whenever somebody wants to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from anhu import __version__
from anhu.contract.numbers import Family, Sample, with_label

Counters = Callable[[], Mapping[str, float]]
Families = Callable[[], Sequence[Family]]


def _no_counters() -> Mapping[str, float]:
    return {}


class Numbers:
    """Knows whom to ask.

    Parameters
    ----------
    process : str
        Whose they are.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self._counters: Counters = _no_counters
        self._sources: list[Families] = [self._build]

    def ask(self, counters: Counters, families: Families | None) -> None:
        """Ask these for the plain counters, and for families beside them."""
        self._counters = counters
        if families is not None:
            self.add(families)

    def add(self, families: Families) -> None:
        """Ask one more."""
        self._sources.append(families)

    def counters(self) -> Mapping[str, float]:
        """Return the plain counters; nothing before the process has begun to report."""
        return self._counters()

    def families(self) -> list[Family]:
        """Return the families, each saying of which process."""
        own = [family for source in self._sources for family in source()]
        return [with_label(family, "process", self.process) for family in own]

    def _build(self) -> Sequence[Family]:
        sample = Sample((__version__,), 1.0)
        return (Family("anhu_process_info", "Which process, of which version.", "gauge", ("version",), (sample,)),)
