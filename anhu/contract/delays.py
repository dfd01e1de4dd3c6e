"""How long what came took from one place of the platform to the next: a histogram for each stage and priority."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from enum import StrEnum

from anhu.contract.clock import SECOND_MS
from anhu.contract.numbers import DELAY_BOUNDS_S, Family, Histogram
from anhu.contract.priority import Priority
from anhu.contract.tracing import Tracer


class Stage(StrEnum):
    """From where to where."""

    RECEIVED_TO_LOG = "received_to_log"
    """A message whole at a door, to durable in the LOG; of a batch the longest, counted for all of it."""
    RECEIVED_TO_DECIDED = "received_to_decided"
    """To the engine having looked at it; of a batch the newest, counted for all of it."""
    DECIDED_TO_OUTBOX = "decided_to_outbox"
    """What was found, to committed in the database, with whom it is to be told."""
    RECEIVED_TO_OUTBOX = "received_to_outbox"
    """The message by which it was found, to the same."""
    OUTBOX_TO_SENT = "outbox_to_sent"
    """A message to a person due, to taken by its provider; every attempt before included."""
    SENT_TO_RECEIPT = "sent_to_receipt"
    """To the provider saying that it arrived."""
    RECEIVED_TO_TOLD = "received_to_told"
    """The whole way: a device's message whole at a door, to the first message to each contact taken by its provider."""
    RECEIVED_TO_STORED = "received_to_stored"
    """A message whole at a door, to its readings in the time-series store."""


class Delays:
    """Counts delays; may be told of them in any thread.

    Priorities are few: a stage that treats all alike says ``all``.

    Attributes
    ----------
    tracer : Tracer or None
        Who follows single messages along the same way; None: nobody does.
    """

    def __init__(self) -> None:
        self.tracer: Tracer | None = None
        self._found: dict[tuple[Stage, str], Histogram] = {}
        self._lock = threading.Lock()

    def note(self, stage: Stage, delay_ms: float, priority: Priority | None = None, *, times: int = 1) -> None:
        """Count one delay, or several alike. [ms]."""
        with self._lock:
            self._of(stage, priority).observe(delay_ms / SECOND_MS, times)

    def note_many(self, stage: Stage, begun_ms: Sequence[int], now_ms: int) -> None:
        """Count what began at many times and is there now, without a priority. [ms]."""
        with self._lock:
            self._of(stage, None).observe_since(begun_ms, now_ms, SECOND_MS)

    def families(self) -> Sequence[Family]:
        """Return what was counted since the start."""
        with self._lock:
            samples = tuple(found.sample(*key) for key, found in sorted(self._found.items()))
        what = "How long what came took from one place of the platform to the next."
        return (Family("anhu_stage_seconds", what, "histogram", ("stage", "priority"), samples, DELAY_BOUNDS_S),)

    def _of(self, stage: Stage, priority: Priority | None) -> Histogram:
        key = (stage, "all" if priority is None else priority.name.lower())
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = Histogram()
        return found
