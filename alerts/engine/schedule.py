"""When which detector wants to be woken."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from alerts.engine.device_state import Instance

_ORDER_BITS = 48
"""More than are planned in a century."""


class Schedule:
    """Instances in the order in which they are due; of those due together, the one that said so first."""

    def __init__(self) -> None:
        self._due: list[tuple[int, Instance]] = []
        self._order = count()  # with the time in one number: that is smaller, and compared at once

    @property
    def next_due_ms(self) -> int | None:
        """When `pop` is next wanted, at the earliest. [ms]."""
        return self._due[0][0] >> _ORDER_BITS if self._due else None

    def plan(self, instance: Instance, due_ms: int | None) -> None:
        """Wake an instance at a time in place of what it wanted before; None for never. [ms]."""
        instance.due_ms = due_ms
        if due_ms is not None:
            heapq.heappush(self._due, (due_ms << _ORDER_BITS | next(self._order), instance))

    def pop(self, now_ms: int) -> Instance | None:
        """Return one that is due, and forget that it was; None when there is none left. [ms]."""
        over = (now_ms + 1) << _ORDER_BITS
        while self._due and self._due[0][0] < over:
            at, instance = heapq.heappop(self._due)
            if instance.due_ms == at >> _ORDER_BITS:  # else it has changed its mind since
                instance.due_ms = None
                return instance
        return None

    def take(self, now_ms: int, wanted: Callable[[Instance], bool]) -> list[Instance]:
        """Take out of turn all that are due and wanted; looks at each that is planned: seldom, please. [ms]."""
        over = (now_ms + 1) << _ORDER_BITS
        due = sorted(
            (at, one) for at, one in self._due if at < over and one.due_ms == at >> _ORDER_BITS and wanted(one)
        )
        taken: list[Instance] = []
        for _, instance in due:
            if instance.due_ms is not None:  # else it had been planned twice for one time
                instance.due_ms = None
                taken.append(instance)
        return taken

    def clear(self) -> None:
        """Wake nobody any more."""
        self._due.clear()
