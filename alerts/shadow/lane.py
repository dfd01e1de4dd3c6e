"""One version of a detector in the shadow of the one that decides: an engine of its own, fed when nothing else waits.

It sees every message that the deciding engine has seen, after that one's findings are stored, in slices of a few
milliseconds: it cannot hold up an alarm for longer than one of its own calls. One that throws, is slow or floods is
shut off alone; a call that does not come back is ended (`alerts.shadow.time_limit`).
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from alerts.absence import Absence
from alerts.engine.checkpoint import Checkpoint
from alerts.engine.detector_versions import DetectorVersions
from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition
from alerts.rules.decided_by import name_of
from alerts.rules.detector import Detector
from alerts.shadow.time_limit import LIMIT_S, TookTooLongError, within
from alerts.shadow.watchdog import Watchdog, WhyOff
from anhu.contract.clock import ManualClock
from anhu.contract.record import Numbers, Reading

_LOG = logging.getLogger(__name__)
SLICE_MS = 5.0
_MOST_WAITING = 5_000
_COUNTED_ON = frozenset({"messages", "findings", "missed", "person_hours", "episodes"})
"""What is counted on after a restart."""

_What = TypeVar("_What")


def steady_ms() -> float:
    """Return a time that only runs forward. [ms]."""
    return time.perf_counter() * 1e3


class _Beginning:
    """Takes over whom another engine watches, a part at a time."""

    def __init__(self, beside: DetectorVersions) -> None:
        self._beside = beside
        self._to_come = iter(beside.watched())

    def is_over(self, versions: DetectorVersions, most: int | None) -> bool:
        """Take over so many more, or all that are left; tell whether those were the last."""
        part = list(islice(self._to_come, most))
        versions.watch_beside(self._beside, part)
        return most is None or len(part) < most


class ShadowLane:
    """Runs one version where nobody is paged by it.

    Parameters
    ----------
    detector : Detector subclass
        The version.
    beside : DetectorVersions
        Whom the deciding engine watches: taken over little by little, then the lane begins.
    since_ms : int
        When it was begun. [ms]
    steady_ms : callable
        A time that only runs forward. [ms]
    limit_s : float
        A call that takes longer is ended, and the version shut off. [s]

    Attributes
    ----------
    counts : Counter
        ``messages``, ``findings``, ``episodes``, ``errors``, ``missed`` messages, ``person_hours``.
    """

    def __init__(
        self,
        detector: type[Detector],
        beside: DetectorVersions,
        since_ms: int,
        *,
        steady_ms: Callable[[], float] = steady_ms,
        limit_s: float = LIMIT_S,
    ) -> None:
        self.detector = detector
        self._limit_s = limit_s
        self.since_ms = since_ms
        self.counts: Counter[str] = Counter()
        self._watchdog = Watchdog()
        self._steady_ms = steady_ms
        self._engine = Engine([detector])
        self._clock = ManualClock(since_ms)
        self._absence = Absence(self._engine, self._clock)
        self._beginning: _Beginning | None = _Beginning(beside)
        self._waiting: deque[Reading | Numbers] = deque()

    @property
    def why_off(self) -> WhyOff | None:
        """Return why it was shut off; None while it runs."""
        return self._watchdog.why_off

    @property
    def versions(self) -> DetectorVersions:
        """Its engine's: for changing places."""
        return self._engine.versions

    def begin_anew(self, detector: type[Detector], since_ms: int) -> None:
        """Count from here on, another version having come in this one's place. [ms]."""
        self.detector, self.since_ms = detector, since_ms
        self.counts.clear()
        self._watchdog = Watchdog()

    def update_roster(self, devices: Iterable[WatchedDevice]) -> None:
        """Take over what changed in the directory."""
        self._engine.update_roster(devices)

    def take(self, messages: Sequence[Reading | Numbers]) -> None:
        """Keep messages until there is time for them; when far too many wait they are missed, and counted."""
        if self.why_off is not None or self._beginning is not None:
            return
        self._waiting.extend(messages)
        if len(self._waiting) > _MOST_WAITING:
            self.counts["missed"] += len(self._waiting)
            self._waiting.clear()

    def work(self, now_ms: int, *, most_ms: float = SLICE_MS, people: int = 250) -> list[ResidentFinding]:
        """Go on for some milliseconds, or watch some more people; return what would have been told. [ms]."""
        self._clock.set(now_ms)
        if self.why_off is not None:
            return []
        if self._beginning is not None:
            self._begin(people)
            return []
        self._absence.excuse_leap()
        found: list[ResidentFinding] = []
        began = self._steady_ms()
        until = began + most_ms
        while self._waiting and began < until and self.why_off is None:
            self.counts["messages"] += 1
            found += self._guarded(self._engine.feed, self._waiting.popleft())
            began = self._worked(began)
        if not self._waiting and self.why_off is None:
            self._absence.excuse_downtime()
            found += self._guarded(self._engine.advance, now_ms)
            self._worked(began)
        self._judge(found, now_ms)
        return found

    @property
    def has_begun(self) -> bool:
        """Whether it watches everybody by now."""
        return self._beginning is None

    @property
    def has_work(self) -> bool:
        """Whether messages wait, or people whom it does not watch yet."""
        return self.why_off is None and (bool(self._waiting) or self._beginning is not None)

    def catch_up(self, now_ms: int) -> list[ResidentFinding]:
        """Go on to where the deciding engine is, however long it takes: it is about to decide. [ms]."""
        self._begin()
        return self.work(now_ms, most_ms=float("inf"))

    def _begin(self, people: int | None = None) -> None:
        if self._beginning is not None and self._beginning.is_over(self.versions, people):
            self._beginning = None

    def _guarded(self, call: Callable[[_What], list[ResidentFinding]], argument: _What) -> list[ResidentFinding]:
        try:
            with within(self._limit_s):
                return call(argument)
        except TookTooLongError:
            self._watchdog.why_off = WhyOff.SLOW
            _LOG.error("%s does not come back in the shadow", name_of(self.detector))
        except Exception:  # noqa: BLE001 - whatever is wrong with it must not stop the alarms
            self.counts["engine_errors"] += 1
            _LOG.exception("%s fails in the shadow", name_of(self.detector))
        return []

    def _worked(self, began_ms: float) -> float:
        now_ms = self._steady_ms()
        self._watchdog.worked(now_ms - began_ms, now_ms)
        return now_ms

    def _judge(self, found: Sequence[ResidentFinding], now_ms: int) -> None:
        present = sum(one.finding.condition is Condition.PRESENT for one in found)
        self.counts["findings"] += present
        self.counts["errors"] = self.counts["engine_errors"] + self._engine.counters().get("detector_errors", 0)
        self._watchdog.found(present, now_ms, devices=len(self.versions))
        self._watchdog.failed(self.counts["errors"])
        if self.why_off is not None:
            self._waiting.clear()
            _LOG.error("%s is shut off in the shadow: %s", name_of(self.detector), self.why_off)

    def begin_checkpoint(self) -> Checkpoint:
        """Return its present state, to be written down little by little."""
        return self._engine.begin_checkpoint()

    def go_on_from(self, raw: bytes, counts: Mapping[str, float], why_off: str = "") -> None:
        """Go on with what it knew before a restart, and count on; one that was shut off stays off."""
        self._begin()
        self._watchdog.why_off = WhyOff(why_off) if why_off else None
        if raw:
            self._engine.restore(raw)
        self._watchdog.busy_ms = float(counts.get("busy_ms", 0.0))
        self.counts.update({name: round(count) for name, count in counts.items() if name in _COUNTED_ON})

    def numbers(self) -> Mapping[str, float]:
        """Return what was counted, for people."""
        return {**self.counts, "busy_ms": round(self._watchdog.busy_ms, 1), "long_calls": self._watchdog.long_calls}
