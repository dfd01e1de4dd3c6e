"""The detectors at work: made when first needed, handed their windows, woken when due, replaced when broken."""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from alerts.engine.checkpoint import Checkpoint
from alerts.engine.device_state import DeviceState, Instance, Quiet
from alerts.engine.lateness import judged, too_old
from alerts.engine.not_worn import less_urgent
from alerts.engine.registered import ALWAYS_QUIET, NEVER_QUIET, Range, RegisteredDetectors, quiet_range_of
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.engine.windows import heard_window
from alerts.finding import Finding
from alerts.rules.detector import HEARD, Detector, Profile, Scope, Window

_LOG = logging.getLogger(__name__)
BACKFILL = "~late"
"""Lane of waveforms that come after newer ones: a second instance reads them, so that no order is broken."""


class DetectorInstances:
    """Instances of detectors, per device and per resident.

    Parameters
    ----------
    detectors : sequence of Detector subclasses
        From `alerts.detectors.discover`.

    Attributes
    ----------
    counts : Counter
        ``windows``, ``findings``, ``too_old`` (windows), ``too_late`` (findings), ``detector_errors``.
    checkpoint : Checkpoint or None
        The state that is being written down; it is told what changes.
    """

    def __init__(self, detectors: Sequence[type[Detector]]) -> None:
        self.registered = RegisteredDetectors(detectors)
        self.counts: Counter[str] = Counter()
        self.checkpoint: Checkpoint | None = None
        self._residents: dict[str, DeviceState] = {}
        self._due: list[tuple[int, int, Instance]] = []
        self._order = count()

    @property
    def next_due_ms(self) -> int | None:
        """When `advance` is next wanted, at the earliest. [ms]."""
        return self._due[0][0] if self._due else None

    def advance(self, now_ms: int) -> list[ResidentFinding]:
        """Wake every detector that is due. [ms]."""
        out: list[ResidentFinding] = []
        while self._due and self._due[0][0] <= now_ms:
            at, _, instance = heapq.heappop(self._due)
            if instance.due_ms != at:
                continue  # it has changed its mind since
            instance.due_ms = None
            state = instance.state
            if self.checkpoint is not None:
                self.checkpoint.before(state)
            if HEARD in instance.detector.reads:
                for spoke in (state, *state.members.values()):
                    if spoke.heard_ms:
                        heard = heard_window(spoke.device.device_id, spoke.heard_ms)
                        self._run(instance, instance.detector.update, heard, now_ms, out)
                if instance.due_ms is not None and instance.due_ms > now_ms:
                    continue
            self._run(instance, instance.detector.tick, now_ms, now_ms, out)
        return out

    def give(
        self, state: DeviceState, window: Window, out: list[ResidentFinding], *, in_order: bool = True, lane: str = ""
    ) -> None:
        """Hand a window to every detector that reads its quantity."""
        self.counts["windows"] += 1
        age_ms = window.received_at_ms - int(window.t_ms[-1])
        for name in self.registered.readers(window.quantity):
            detector = self.registered[name]
            if not in_order and detector.ordered:
                continue
            if window.quantity == HEARD and detector.scope is Scope.RESIDENT:
                continue  # it is told before it is woken
            if self._is_in_time(detector, age_ms):
                self.hand(self.instance(state, name, lane), window, out)

    def give_number(
        self, state: DeviceState, window: Window, number: float, out: list[ResidentFinding], *, good: bool
    ) -> None:
        """Hand a number to every detector that wants it; those that must know of every good one are told of it."""
        self.counts["windows"] += 1
        t_ms = int(window.t_ms[-1])
        age_ms = window.received_at_ms - t_ms
        for name, fresh in self.registered.fresh(window.quantity, state.device.profile):
            if not self._is_in_time(self.registered[name], age_ms):
                continue
            at_work, (low, high) = self._lets_pass(state, name, fresh, window.quantity)
            decides_nothing = low < number < high
            if decides_nothing and (fresh or (good and at_work and at_work.takes_note(window.quantity, t_ms, number))):
                continue
            self.hand(at_work or self.instance(state, name), window, out)

    def _is_in_time(self, detector: type[Detector], age_ms: int) -> bool:
        if not too_old(detector.kinds, age_ms):
            return True
        self.counts["too_old"] += 1
        return False

    def hand(self, instance: Instance, window: Window, out: list[ResidentFinding]) -> None:
        """Hand a window to one detector."""
        self._run(instance, instance.detector.update, window, window.received_at_ms, out)

    def instance(self, state: DeviceState, name: str, lane: str = "") -> Instance:
        """Return a device's or resident's instance of a detector, made now if need be."""
        detector = self.registered[name]
        if detector.scope is Scope.RESIDENT:
            state = self._resident(state)
        found = state.instances.get(name + lane)
        if found is None:
            found = Instance(detector.for_profile(state.device.profile), state)
            state.instances[name + lane] = found
        return found

    def _resident(self, state: DeviceState) -> DeviceState:
        resident_id = state.device.resident_id
        found = self._residents.get(resident_id)
        if found is None:
            found = DeviceState(WatchedDevice("", resident_id, _shared(state.device.profile)))
            self._residents[resident_id] = found
        if state.device.device_id:
            found.members[state.device.device_id] = state
        return found

    def reprofile_resident(self, state: DeviceState) -> None:
        """Give the detectors that watch a whole resident the profile that a device now brings; state is kept."""
        found = self._residents.get(state.device.resident_id)
        profile = _shared(state.device.profile)
        if found is None or found.device.profile == profile:
            return
        states = found.detectors_snapshot()
        self.dismiss_all(found)
        found.device = found.device._replace(profile=profile)
        self.rebuild(found, states)

    def _run(
        self,
        instance: Instance,
        call: Callable[[Any], tuple[Finding, ...]],
        argument: Window | int,
        now_ms: int,
        out: list[ResidentFinding],
    ) -> None:
        state = instance.state
        try:
            findings = call(argument)
            self.refresh(instance)
        except Exception:  # noqa: BLE001 - one broken detector must not silence all the others
            self.counts["detector_errors"] += 1
            name = instance.detector.name
            _LOG.exception("detector %s failed for device %s and starts afresh", name, state.device.device_id)
            self._dismiss(instance)
            return
        by_data = isinstance(argument, Window)
        device_id = argument.device_id if isinstance(argument, Window) else state.device.device_id
        for finding in findings:
            one = ResidentFinding(state.device.resident_id, device_id, finding)
            told = judged(one, now_ms) if by_data else one  # what passing time decides is never late
            self.counts["findings" if told else "too_late"] += 1
            if told:
                out.append(less_urgent(told) if state.off_body else told)

    def refresh(self, instance: Instance) -> None:
        """Note when an instance next wants to be woken, and which values it lets pass."""
        due = instance.detector.due_ms()
        if due != instance.due_ms:
            instance.due_ms = due
            if due is not None:
                heapq.heappush(self._due, (due, next(self._order), instance))
        state, detector, before = instance.state, instance.detector, instance.quiet_ranges
        told = tuple(map(detector.quiet_range, detector.reads))
        if told != before:
            instance.quiet_ranges = told
            changed = zip(detector.reads, before, told, strict=True) if before else ()
            state.forget_quiet([quantity for quantity, old, new in changed if old != new] or detector.reads)
        if HEARD in detector.reads:
            state.heard_wanted = told[detector.reads.index(HEARD)] is None

    def quiet(self, state: DeviceState, quantity: str) -> Quiet:
        """Return, and keep, the range of values that no detector of a device wants now."""
        low, high = ALWAYS_QUIET
        noted_by: list[Instance] = []
        for name, fresh in self.registered.fresh(quantity, state.device.profile):
            at_work, (own_low, own_high) = self._lets_pass(state, name, fresh, quantity)
            if at_work and not fresh:
                noted_by.append(at_work)
            low, high = max(low, own_low), min(high, own_high)
        state.quiet[quantity] = quiet = Quiet(low, high, tuple(noted_by))
        return quiet

    def _lets_pass(
        self, state: DeviceState, name: str, fresh: Range | None, quantity: str
    ) -> tuple[Instance | None, Range]:
        """Return who is at work, made now if it must know of every number, and what it, or a fresh one, lets pass."""
        at_work = state.instances.get(name) if fresh else self.instance(state, name)
        return at_work, quiet_range_of(at_work.detector, quantity) if at_work else fresh or NEVER_QUIET

    def _dismiss(self, instance: Instance) -> None:
        instance.due_ms = None
        state = instance.state
        state.instances = {name: i for name, i in state.instances.items() if i is not instance}
        state.forget_all_quiet()

    def listen(self, state: DeviceState) -> None:
        """Start the clock of a device's silence, if it does not run yet."""
        readers = (name for name in self.registered.readers(HEARD) if self.registered[name].scope is Scope.DEVICE)
        if any(name not in state.instances for name in readers):
            self.give(state, heard_window(state.device.device_id, state.heard_ms), [])

    def part(self, state: DeviceState) -> None:
        """Let a device's detectors go, and the device from its resident."""
        self.dismiss_all(state)
        resident = self._residents.get(state.device.resident_id)
        if resident is not None:
            resident.members.pop(state.device.device_id, None)

    def dismiss_all(self, state: DeviceState) -> None:
        """Let a device's detectors go."""
        for instance in state.instances.values():
            instance.due_ms = None
        state.instances = {}
        state.forget_all_quiet()

    def dismiss_backfill(self, state: DeviceState, quantity: str) -> None:
        """Let the late lane's instances of a quantity go: what comes next is older still."""
        for name in self.registered.readers(quantity):
            instance = state.instances.get(name + BACKFILL)
            if instance is not None:
                self._dismiss(instance)

    def rebuild(self, state: DeviceState, states: Mapping[str, Any]) -> None:
        """Put instances to work with the states they had; a detector that is no longer registered is left out."""
        for key, kept in states.items():
            name = key.removesuffix(BACKFILL)
            if name not in self.registered:
                continue
            instance = self.instance(state, name, key[len(name) :])
            try:
                instance.detector.restore(kept)
                self.refresh(instance)
            except Exception:  # noqa: BLE001 - a state of another version must not stop the start
                self.counts["detector_errors"] += 1
                _LOG.exception("detector %s cannot take its state over and starts afresh", name)
                self._dismiss(instance)

    def about_to_change(self, state: DeviceState) -> None:
        """Have a device, and its resident, written down as they still are."""
        if self.checkpoint is not None:
            self.checkpoint.before(state)
            resident = self._residents.get(state.device.resident_id)
            if resident is not None:
                self.checkpoint.before(resident)

    def residents(self) -> Iterable[DeviceState]:
        """Return what watches whole residents."""
        return self._residents.values()

    def restore_residents(self, states: Mapping[str, Any], devices: Iterable[DeviceState]) -> None:
        """Take over the states of the detectors that state whole residents, whose devices these are."""
        for state in devices:
            if state.device.resident_id in states:
                self._resident(state)
        for resident_id, kept in states.items():
            state = self._residents.setdefault(resident_id, DeviceState(WatchedDevice("", resident_id, Profile())))
            self.dismiss_all(state)
            self.rebuild(state, kept)


def _shared(profile: Profile) -> Profile:
    """Return what all devices of a resident have in common."""
    return replace(profile, report_period_s=0.0, only_alarm_device=False)
