"""What readers of the queue hold already: so that a storm sends each card once, and not all of them with each alarm."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from threading import Lock
from types import MappingProxyType

from api.schemas.desk import QueueView

MOST = 200
"""How many queues are remembered; whose is forgotten gets all cards again."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


class QueueMemory:
    """Remembers the newest queues that were given out: reader -> mark -> state of each alert."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Hashable, str], Mapping[str, str]] = OrderedDict()
        self._lock = Lock()

    def held(self, reader: Hashable, mark: str) -> Mapping[str, str]:
        """Return alert -> state of what a reader got with a mark; empty when that is not known any more."""
        with self._lock:
            return self._kept.get((reader, mark), _NOTHING) if mark else _NOTHING

    def given(self, reader: Hashable, queue: QueueView) -> None:
        """Remember what a reader gets now."""
        states = {row.id: row.state for row in queue.rows}
        with self._lock:
            self._kept[reader, queue.mark] = states
            self._kept.move_to_end((reader, queue.mark))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
