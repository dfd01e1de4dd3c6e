"""The instances of detectors: made when first needed, given a new profile, brought back, replaced when broken."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from alerts.engine.device_state import DeviceState, Instance
from alerts.engine.device_states import DeviceStates, shared
from alerts.engine.registered import RegisteredDetectors
from alerts.engine.schedule import Schedule
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import HEARD, Profile, Scope
from alerts.rules.one_of import one_of
from alerts.rules.silence import Silence

_LOG = logging.getLogger(__name__)
BACKFILL = "~late"
"""Lane of waveforms that come after newer ones: a second instance reads them, so that no order is broken."""


class DetectorInstances:
    """Instances of detectors, per device and per resident.

    Parameters
    ----------
    registered : RegisteredDetectors
        What there can be instances of.
    states : DeviceStates
        Whose they are.
    schedule : Schedule
        When they want to be woken.
    counts : Counter
        ``detector_errors``, and ``silent_<why>_<rule>``: for how many it says nothing at present.
    """

    def __init__(
        self, registered: RegisteredDetectors, states: DeviceStates, schedule: Schedule, counts: Counter[str]
    ) -> None:
        self._registered = registered
        self._states = states
        self._schedule = schedule
        self._counts = counts

    def instance(self, state: DeviceState, name: str, lane: str = "") -> Instance:
        """Return a device's or resident's instance of a detector, made now if need be."""
        detector = self._registered[name]
        if detector.scope is Scope.RESIDENT:
            state = self._states.of_resident(state)
        found = state.at_work(name + lane)
        if found is None:
            found = Instance(detector.for_profile(state.device.profile), state, name + lane)
            state.instances += (found,)
        return found

    def refresh(self, instance: Instance) -> None:
        """Note when an instance next wants to be woken, and which values it lets pass."""
        due = instance.detector.due_ms()
        if due != instance.due_ms:
            self._schedule.plan(instance, due)
        state, detector, before = instance.state, instance.detector, instance.quiet_ranges
        now = tuple(map(detector.quiet_range, detector.reads))
        if now != before:
            instance.quiet_ranges = one_of(now)
            changed = zip(detector.reads, before, now, strict=True) if before else ()
            state.forget_quiet([quantity for quantity, old, new in changed if old != new] or detector.reads)
        if (silence := detector.silence) is not instance.silence:
            self._count_silence(instance, silence)
        if HEARD in detector.reads:
            state.heard_wanted = now[detector.reads.index(HEARD)] is None

    def _count_silence(self, instance: Instance, now: Silence) -> None:
        """Count how many instances of a rule are silent at present, and why."""
        for silence, more in ((instance.silence, -1), (now, 1)):
            if silence:
                self._counts[f"silent_{silence}_{instance.detector.name}"] += more
        instance.silence = now

    def fail(self, instance: Instance, doing: str) -> None:
        """Let an instance go that raised just now; a fresh one takes its place when it is next needed."""
        self._counts["detector_errors"] += 1
        name, device_id = instance.detector.name, instance.state.device.device_id
        _LOG.exception("detector %s of device %s cannot %s and starts afresh", name, device_id, doing)
        self.dismiss(instance)

    def dismiss(self, instance: Instance) -> None:
        """Let an instance go; a fresh one takes its place when it is next needed."""
        instance.due_ms = None
        self._count_silence(instance, Silence.NONE)
        state = instance.state
        state.instances = tuple(one for one in state.instances if one is not instance)
        state.forget_all_quiet()

    def dismiss_all(self, state: DeviceState) -> None:
        """Let a device's detectors go."""
        for instance in state.instances:
            instance.due_ms = None
            self._count_silence(instance, Silence.NONE)
        state.instances = ()
        state.forget_all_quiet()

    def let_all_go(self) -> None:
        """Wake nobody any more."""
        self._schedule.clear()

    def dismiss_backfill(self, state: DeviceState, quantity: str) -> None:
        """Let the late lane's instances of a quantity go: what comes next is older still."""
        for name in self._registered.readers(quantity):
            instance = state.at_work(name + BACKFILL)
            if instance is not None:
                self.dismiss(instance)

    def rebuild(self, state: DeviceState, kept: Mapping[str, Any]) -> None:
        """Put instances to work with the states they had; a detector that is no longer registered is left out."""
        self.dismiss_all(state)
        for key, detector_state in kept.items():
            name = key.removesuffix(BACKFILL)
            if name not in self._registered:
                continue
            instance = self.instance(state, name, key[len(name) :])
            try:
                instance.detector.restore(detector_state)
                self.refresh(instance)
            except Exception:  # noqa: BLE001 - a state of another version must not stop the start
                self.fail(instance, "take its state over")

    def rebuild_residents(self, kept: Mapping[str, Any]) -> None:
        """Put the detectors that watch whole residents to work with the states they had."""
        for state in self._states.devices.values():
            if state.device.resident_id in kept:
                self._states.of_resident(state)
        for resident_id, detectors in kept.items():
            nobody = DeviceState(WatchedDevice("", resident_id, Profile()))
            self.rebuild(self._states.of_resident(nobody), detectors)

    def set_back(self, by_ms: int, newest_ms: int) -> None:
        """Move every time that devices, residents and their detectors remember: our clock was set back.

        Parameters
        ----------
        by_ms : int
            By how much, below zero. [ms]
        newest_ms : int
            When the newest message had come, by the clock before that. [ms]
        """
        self._states.all_about_to_change()
        states = (*self._states.devices.values(), *self._states.residents.values())
        own = [by_ms - one.ahead_ms(newest_ms) for one in states]  # a resident's as well, before the devices move
        for state, own_ms in zip(states, own, strict=True):
            state.shift(by_ms, own_ms)
            for instance in state.instances:
                try:
                    instance.detector.shift(by_ms if HEARD in instance.detector.reads else own_ms)
                    self.refresh(instance)
                except Exception:  # noqa: BLE001 - one broken detector must not silence all the others
                    self.fail(instance, "follow the clock")

    def give_profile(self, state: DeviceState, device: WatchedDevice) -> None:
        """Have a device, and its resident, watched with the profile that it now has; what was seen is kept."""
        self._reprofile(state, device)
        resident = self._states.residents.get(device.resident_id)
        profile = shared(device.profile)
        if resident is not None and resident.device.profile != profile:
            self._reprofile(resident, resident.device._replace(profile=profile))

    def _reprofile(self, state: DeviceState, device: WatchedDevice) -> None:
        kept = state.detectors_snapshot()
        state.device = device
        self.rebuild(state, kept)
