"""All versions in the shadow of one engine: fed, given their time, and what they find and know kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session, sessionmaker

from alerts.database_work import with_database
from alerts.engine.checkpoint import Checkpoint
from alerts.engine.detector_versions import DetectorVersions, Remembered
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.engine.watched_people import WatchedPeople
from alerts.finding import Condition
from alerts.rules.decided_by import name_of
from alerts.rules.detector import Detector
from alerts.shadow.keeping import begin, keep_all, keep_run, keep_snapshot, resume
from alerts.shadow.lane import SLICE_MS, ShadowLane, steady_ms
from anhu.contract.clock import MINUTE_MS, SECOND_MS, Clock
from anhu.contract.record import Numbers, Reading

_KEEP_MS, _RUN_MS, _SNAPSHOT_MS = SECOND_MS, 10 * SECOND_MS, 10 * MINUTE_MS
_PART = 250


class Lanes:
    """Versions in the shadow.

    Parameters
    ----------
    beside : DetectorVersions
        Of the engine that decides.
    consumer : str
        Whose shard it is.
    steady_ms : callable
        A time that only runs forward. [ms]
    """

    def __init__(
        self,
        beside: DetectorVersions,
        sessions: sessionmaker[Session],
        clock: Clock,
        consumer: str,
        *,
        steady_ms: Callable[[], float] = steady_ms,
    ) -> None:
        self._beside = beside
        self._sessions = sessions
        self._clock = clock
        self._consumer = consumer
        self._steady_ms = steady_ms
        self._lanes: dict[str, ShadowLane] = {}
        self._found: dict[str, list[ResidentFinding]] = {}
        self._checkpoints: dict[str, Checkpoint] = {}
        self._kept_ms = self._run_ms = self._snapshot_ms = 0

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def get(self, name: str) -> ShadowLane | None:
        """Return the lane of a detector."""
        return self._lanes.get(name)

    def begin(self, detector: type[Detector], since_ms: int, remembered: Remembered | None = None) -> None:
        """Let a version run from now on, or go on where it stood before a restart.

        Parameters
        ----------
        remembered : Remembered or None
            What it knows, when it decided itself until now.
        """
        lane = ShadowLane(detector, self._beside, since_ms, steady_ms=self._steady_ms)
        with self._sessions.begin() as session:
            if remembered is not None or not resume(session, self._consumer, lane):
                begin(session, self._consumer, self._beside, detector)
            keep_run(session, self._consumer, lane, self._clock.now_ms())
        if remembered is not None:
            lane.go_on_from(b"", {})
            lane.versions.tell(detector.name, remembered)
        self._lanes[detector.name], self._found[detector.name] = lane, []
        self._keep_soon()

    def end(self, name: str) -> None:
        """Let a detector's version go."""
        self._lanes.pop(name, None)
        self._found.pop(name, None)
        self._checkpoints.pop(name, None)

    def catch_up(self, name: str) -> None:
        """Bring a version to where the engine is, and keep all that it found: it is about to decide."""
        self._found[name] += self._lanes[name].catch_up(self._clock.now_ms())
        self._checkpoints.pop(name, None)
        keep_all(self._sessions, self._lanes[name], self._found[name])
        self._keep_soon()

    def update_roster(self, devices: Sequence[WatchedDevice]) -> None:
        """Tell all of what changed in the directory."""
        for lane in self._lanes.values():
            lane.update_roster(devices)

    def take(self, messages: Sequence[Reading | Numbers]) -> None:
        """Keep what the engine has decided about."""
        for lane in self._lanes.values():
            lane.take(messages)

    def count_person_hours(self, counted: WatchedPeople) -> None:
        """Take it that people were watched for another hour by each version that runs."""
        running = [lane for lane in self._lanes.values() if lane.why_off is None]
        for whose, people in counted.by_detector([lane.detector for lane in running]).items():
            if whose.is_of_all_devices:
                for lane in running:
                    lane.counts["person_hours"] += people.get(name_of(lane.detector), 0)

    def counters(self) -> Mapping[str, int]:
        """Return how many run, how many were shut off, and what they missed."""
        lanes = self._lanes.values()
        return {
            "shadows": sum(lane.has_begun and lane.why_off is None for lane in lanes),
            "shadows_off": sum(lane.why_off is not None for lane in lanes),
            "shadow_missed": sum(lane.counts["missed"] for lane in lanes),
        }

    @property
    def has_work(self) -> bool:
        """Whether any of them has work left."""
        return any(lane.has_work for lane in self._lanes.values())

    def work(self) -> list[ResidentFinding]:
        """Let them go on for some milliseconds; return what of it ends what they said while they decided themselves.

        They raise nothing: of what they find, only an end is passed on, and the alert takes it from nobody but the
        version that raised it.
        """
        ended: list[ResidentFinding] = []
        for name, lane in self._lanes.items():
            found = lane.work(self._clock.now_ms(), most_ms=SLICE_MS / len(self._lanes), people=_PART)
            self._found[name] += found
            ended += [one for one in found if one.finding.condition is Condition.GONE]
        return ended

    def _keep_soon(self) -> None:
        """Write down at once what they know: versions have changed places."""
        self._snapshot_ms = self._kept_ms = self._run_ms = 0

    async def keep(self, stop: asyncio.Event, counts: Counter[str], *, last: bool = False) -> None:
        """Keep what was found and how each fares, when it is time."""
        if not self._lanes or not (last or _is_due(self._clock.now_ms(), self._kept_ms, _KEEP_MS)):
            return
        now = self._kept_ms = self._clock.now_ms()
        if last or _is_due(now, self._snapshot_ms, _SNAPSHOT_MS):
            self._snapshot_ms = now
            self._checkpoints = {name: lane.begin_checkpoint() for name, lane in self._lanes.items()}
        for checkpoint in self._checkpoints.values():
            if not checkpoint.is_complete:
                checkpoint.go_on(None if last else 4 * _PART)
        is_run_due = last or _is_due(now, self._run_ms, _RUN_MS)
        if is_run_due or any(self._found.values()) or any(one.is_complete for one in self._checkpoints.values()):
            self._run_ms = now if is_run_due else self._run_ms
            await with_database(self._keep_all, stop, counts, last=last)

    def _keep_all(self) -> None:
        for name, lane in self._lanes.items():
            keep_all(self._sessions, lane, self._found[name])
        for name in [name for name, one in self._checkpoints.items() if one.is_complete]:
            with self._sessions.begin() as session:
                keep_snapshot(session, self._consumer, self._lanes[name], self._checkpoints[name].encoded())
            del self._checkpoints[name]
        with self._sessions.begin() as session:
            for lane in self._lanes.values():
                keep_run(session, self._consumer, lane, self._clock.now_ms())


def _is_due(now_ms: int, last_ms: int, every_ms: int) -> bool:
    return not 0 <= now_ms - last_ms < every_ms
