"""From a LOG record to findings: what arrives, who wants it, and what becomes of what they find.

The engine has no clock and does no input or output: the same records and the same calls of `advance` give the same
findings, live, after a restart, and in a replay.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from alerts.engine.arrivals import Arrivals
from alerts.engine.assignments import Assignments
from alerts.engine.calls_of_nobody import CallsOfNobody
from alerts.engine.checkpoint import Checkpoint
from alerts.engine.collector import collector_paused
from alerts.engine.detector_versions import DetectorVersions
from alerts.engine.device_states import DeviceStates
from alerts.engine.instances import DetectorInstances
from alerts.engine.moving import Moving
from alerts.engine.registered import RegisteredDetectors
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.runs import DetectorRuns
from alerts.engine.schedule import Schedule
from alerts.engine.stages import Stages
from alerts.engine.unassigned_readings import UnassignedReadings
from alerts.engine.wanted import Wanted
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Detector, Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.errors import AnhuError
from anhu.contract.record import Numbers, Reading

_LOG = logging.getLogger(__name__)
_SET_BACK_MS = 2 * MINUTE_MS
"""Records that came together are never this far apart. [ms]"""
_VERSION = 2
_READABLE = (1, _VERSION)


class SnapshotError(AnhuError):
    """A snapshot of a version that this one cannot read."""


def _read(raw: bytes) -> Mapping[str, Any]:
    kept: Mapping[str, Any] = msgspec.msgpack.decode(raw)
    if kept["version"] not in _READABLE:
        raise SnapshotError(f"version {kept['version']}, expected one of {_READABLE}")
    return kept


class Engine:
    """All detectors of all residents.

    Parameters
    ----------
    detectors : sequence of Detector subclasses
        From `alerts.detectors.discover`.
    """

    def __init__(self, detectors: Sequence[type[Detector]]) -> None:
        self._counts: Counter[str] = Counter()
        self._states = DeviceStates()
        registered, self._schedule = RegisteredDetectors(detectors), Schedule()
        self._instances = DetectorInstances(registered, self._states, self._schedule, self._counts)
        self._runs = DetectorRuns(self._instances, self._states, self._schedule)
        self._wanted = Wanted(registered, self._instances, self._runs, self._counts)
        self._arrivals = Arrivals(self._wanted, self._instances, self._runs, self._counts)
        self._stages = Stages(self._counts)
        self._assignments = Assignments(self._states, self._instances, self._stages.part, self._counts)
        self.versions = DetectorVersions(registered, self._states, self._instances, self._assignments, self._wanted)
        """Puts one version of a detector in place of another."""
        self.moving = Moving(self._states, self._instances, self._assignments, self._wanted, self._stages)
        """Hands over a resident who moves to another engine."""
        self.calls_of_nobody = CallsOfNobody()
        """Calls for help of devices without a resident: the caller writes them down."""
        self.unassigned_readings = UnassignedReadings(self.calls_of_nobody)
        """Measurements of people whom a shared device does not know: the same."""
        self.newest_ms = 0
        """When the newest message was received; 0 when there was none. [ms]"""

    def counters(self) -> Mapping[str, int]:
        """Return what its parts count, ``readings``, ``unassigned``, ``detector_errors``, and ``watched`` devices."""
        return {**self._counts, "watched": len(self._states.devices)}

    def feed(self, reading: Reading | Numbers) -> list[ResidentFinding]:
        """Take one message; return what is found by it, and by the time that passed until it came."""
        now, states = reading.received_at_ms, self._states
        due = self._schedule.next_due_ms
        found = [] if due is None or due > now else self._runs.wake(now)
        self._counts["readings"] += 1
        if now >= self.newest_ms:
            self.newest_ms = now
        elif self.newest_ms - now > _SET_BACK_MS:
            self._set_back(now - self.newest_ms)
        if not reading.resident_id:
            self._counts["unassigned"] += 1
            self.calls_of_nobody.note(reading)
            self.unassigned_readings.note(reading)
            return self._stages.pass_on(found, now)
        state = states.devices.get((reading.device_id, reading.resident_id))
        if state is None:
            state = self._assignments.meet(reading.device_id, reading.resident_id, now, found)
        if states.listener is not None:
            states.about_to_change(state)
        if isinstance(reading, Numbers):
            self._arrivals.take_numbers(state, reading, found)
        else:
            self._arrivals.take(state, reading, found)
        return self._stages.after_message(found, now)

    def advance(self, now_ms: int) -> list[ResidentFinding]:
        """Let time pass without a message: wake every detector that is due. [ms]."""
        return self._stages.pass_on(self._runs.wake(now_ms), now_ms)

    def advance_for_help(self, now_ms: int) -> list[ResidentFinding]:
        """Let time pass though messages cannot come: only for what a person may be hurt by. [ms]."""
        return self._stages.pass_on(self._runs.wake_for_help(now_ms), self.newest_ms)

    @property
    def next_due_ms(self) -> int | None:
        """When `advance` is next wanted, at the earliest. [ms]."""
        wanted = (self._schedule.next_due_ms, self._stages.due_ms)
        return min((due for due in wanted if due is not None), default=None)

    def start(self, devices: Iterable[WatchedDevice], raw: bytes) -> None:
        """Take over the whole directory, and the state that `snapshot` returned; empty for none.

        As `update_roster` and `restore`, but nobody's silence is counted in between.
        """
        for device in devices:
            self._stages.know(device)
            self._assignments.take_over(device)
        if raw:
            self.restore(raw)
        for state in self._assignments:
            self._wanted.count_silence(state)

    def update_roster(self, devices: Iterable[WatchedDevice]) -> None:
        """Take over enrolments, assignments and profiles; state is kept where the resident stays the same."""
        for device in devices:
            self._stages.know(device)
            if (state := self._assignments.take_over(device)) is not None:
                self._wanted.count_silence(state)

    def excuse_silence(self, gap_ms: int, now_ms: int) -> None:
        """Do not count a time in which nobody could be heard, because the platform itself was down. [ms]."""
        self._states.all_about_to_change()
        for state in self._states.devices.values():
            state.heard_ms = min(now_ms, state.heard_ms + gap_ms)

    def _set_back(self, by_ms: int) -> None:
        """Move everything that is remembered with the platform's clock: else what comes now counts as old. [ms].

        And a millisecond more: what came last would else be of this very moment, and what comes now its repetition.
        """
        self._counts["set_back"] += 1
        self._instances.set_back(by_ms - 1, self.newest_ms)
        self.newest_ms += by_ms
        self._stages.shift(by_ms - 1)

    def snapshot(self) -> bytes:
        """Return the whole state."""
        (checkpoint := self._checkpoint()).go_on()
        return checkpoint.encoded()

    def begin_checkpoint(self) -> Checkpoint:
        """Return the present state, which whoever asked for it writes down little by little between messages."""
        self._states.listener = checkpoint = self._checkpoint()
        return checkpoint

    def _checkpoint(self) -> Checkpoint:
        head = {"version": _VERSION, "newest": self.newest_ms, **self._stages.snapshot()}
        return Checkpoint(head, self._states.devices.values(), self._states.residents.values())

    def restore(self, raw: bytes) -> None:
        """Take over a state in place of what there is; call it after `update_roster`.

        A state that cannot be read is counted, and not taken over: detectors start afresh, and no alert is lost by it.
        """
        self._states.all_about_to_change()
        with collector_paused():
            try:
                self._take_over(_read(raw))
            except Exception:  # noqa: BLE001 - whatever is wrong with it must not stop the start
                self._counts["unreadable_snapshots"] += 1
                _LOG.exception("the engine's snapshot cannot be read: all detectors start afresh")
                for state in (*self._states.devices.values(), *self._states.residents.values()):
                    self._instances.dismiss_all(state)

    def _take_over(self, kept: Mapping[str, Any]) -> None:
        self.newest_ms = kept["newest"]
        for device_id, resident_id, one in kept["devices"]:
            state = self._states.of(WatchedDevice(device_id, resident_id, Profile()))
            state.restore(one)
            self._instances.rebuild(state, one["detectors"])
            if device_id in self._assignments:
                self._wanted.count_silence(state)
        self._instances.rebuild_residents(kept["residents"])
        self._assignments.know_strangers()
        self._stages.restore(kept)
