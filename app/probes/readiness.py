"""May this process be given work: what must be so before, and until when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

Flaw = Callable[[], str]
"""Says why something is not well, in a few words without anybody's name; empty when it is. Never waits."""


class Readiness:
    """What must be so for a process to be given work.

    It is ready once its body has said `opened`, while nothing that it requires has a flaw, until it drains or stops.

    Parameters
    ----------
    stop : asyncio.Event
        Set when the process is to end: from then on it is not ready, however long it still works.
    """

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._flaws: dict[str, Flaw] = {}
        self._is_open = self._is_draining = False

    def require(self, what: str, flaw: Flaw) -> None:
        """Require something by its name; whoever says it twice means the later one."""
        self._flaws[what] = flaw

    def opened(self) -> None:
        """Take that all that a start does is done."""
        self._is_open = True

    def drain(self) -> None:
        """Take no new work from now on; what is there goes on."""
        self._is_draining = True

    def missing(self) -> Sequence[str]:
        """Return what it lacks, one sentence each; nothing when it is ready."""
        if self._stop.is_set():
            return ("stopping",)
        if self._is_draining:
            return ("draining",)
        found = [] if self._is_open else ["starting"]
        return [*found, *(f"{what}: {why}" for what, flaw in self._flaws.items() if (why := flaw()))]
