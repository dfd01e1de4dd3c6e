"""The durable end of each partition, as last heard by anybody in this process: every reader's broker, every writer's.

What was heard long ago says nothing about now: a reader that lost its broker does not know whether it has read all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from anhu.log.port import Position

_FRESH_S = 3.0
_GUESSED_BYTES = 1_000.0
_REMEMBERS = 0.98


class PartitionEnd:
    """What is known of one partition's end.

    Attributes
    ----------
    end : int
        Everything before it is durable.
    mean_bytes : float
        Size of a record, those read last counting most; a guess until one was read. [byte]
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._heard_s = self._grew_s = float("-inf")
        self._lock = threading.Lock()
        self.end: Position = 0
        self.mean_bytes = _GUESSED_BYTES
        self._is_guess = True

    @property
    def is_fresh(self) -> bool:
        """Whether a broker said lately where the end is."""
        return self._now_s() - self._heard_s < _FRESH_S

    @property
    def unheard_s(self) -> float:
        """For how long no broker said where the end is. [s]."""
        return self._now_s() - self._heard_s

    def heard(self, end: Position, *, is_now: bool = True) -> None:
        """Take over that the end is not before this; `is_now` False for what does not come from a broker just now."""
        with self._lock:
            if end > self.end:
                self.end, self._grew_s = end, self._now_s()
            if is_now:
                self._heard_s = self._now_s()

    def now_s(self) -> float:
        """Return the time to tell with an answer: when the question was asked. [s]."""
        return self._now_s()

    def told(self, end: Position, asked_s: float) -> None:
        """Take over a broker's answer; a lower end than is known if the known one is older than the question.

        Then the topic was made anew, or lost records: a reader beyond its end must not take itself for caught up.
        """
        with self._lock:
            if end < self.end and self._grew_s < asked_s:
                self.end = end
        self.heard(end)

    def weighed(self, sizes: list[int]) -> None:
        """Take over the sizes of records that were read. [byte]."""
        mean = sum(sizes) / len(sizes)
        keep = 0.0 if self._is_guess else _REMEMBERS ** len(sizes)
        self.mean_bytes = self.mean_bytes * keep + mean * (1 - keep)
        self._is_guess = False


_ENDS: WeakValueDictionary[tuple[str, str, int], PartitionEnd] = WeakValueDictionary()
_LOCK = threading.Lock()


def partition_end(servers: str, topic: str, partition: int) -> PartitionEnd:
    """Return what this process knows of a partition's end: one object for all who ask."""
    with _LOCK:
        return _ENDS.setdefault((servers, topic, partition), PartitionEnd())
