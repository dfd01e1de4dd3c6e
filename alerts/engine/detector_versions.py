"""Versions of a detector change places in a running engine, each with what it remembers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from alerts.engine.assignments import Assignments
from alerts.engine.device_state import DeviceState
from alerts.engine.device_states import DeviceStates
from alerts.engine.instances import BACKFILL, DetectorInstances
from alerts.engine.registered import RegisteredDetectors
from alerts.engine.wanted import Wanted
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Detector, Profile

Lanes = Mapping[str, Mapping[str, Any]]
"""Lane -> state of the instance there."""
_LANES = ("", BACKFILL)


class Remembered(NamedTuple):
    """What one version of a detector remembers.

    Attributes
    ----------
    devices : sequence of ((str, str), mapping)
        Device and resident, and the states.
    residents : mapping
        Resident -> the states.
    """

    devices: Sequence[tuple[tuple[str, str], Lanes]] = ()
    residents: Mapping[str, Lanes] = {}


class DetectorVersions:
    """Which version of each detector is at work in an engine.

    Parameters
    ----------
    registered, states, instances, assignments, wanted
        The engine's parts.
    """

    def __init__(
        self,
        registered: RegisteredDetectors,
        states: DeviceStates,
        instances: DetectorInstances,
        assignments: Assignments,
        wanted: Wanted,
    ) -> None:
        self._registered = registered
        self._states = states
        self._instances = instances
        self._assignments = assignments
        self._wanted = wanted

    @property
    def present(self) -> Mapping[str, int]:
        """Return the version at work of each detector."""
        return self._registered.versions

    def choose(self, detector: type[Detector]) -> Remembered:
        """Put a version to work in place of the present one; return what that one remembers.

        The new one starts afresh, unless it is told what it knows (`tell`).
        """
        name, states = detector.name, self._states
        states.all_about_to_change()
        devices = [(key, lanes) for key, one in states.devices.items() if (lanes := self._leave(one, name))]
        residents = {key: lanes for key, one in states.residents.items() if (lanes := self._leave(one, name))}
        for state in states.devices.values():
            state.quiet.clear()
        self._registered.replace(detector)
        return Remembered(devices, residents)

    def _leave(self, state: DeviceState, name: str) -> Lanes:
        kept = {}
        for lane in _LANES:
            instance = state.at_work(name + lane)
            if instance is None:
                continue
            try:
                kept[lane] = instance.detector.snapshot()
            except Exception:  # noqa: BLE001 - one that cannot say what it knows starts afresh
                self._instances.fail(instance, "hand over")
            else:
                self._instances.dismiss(instance)
        return kept

    def tell(self, name: str, remembered: Remembered) -> None:
        """Have a detector go on with what the same version remembered elsewhere, of those who are watched here."""
        states = self._states
        states.all_about_to_change()
        for key, lanes in remembered.devices:
            if (state := states.devices.get(key)) is not None:
                self._go_on(state, name, lanes)
        for state in [*states.devices.values()]:
            if state.device.resident_id in remembered.residents:
                states.of_resident(state)
        for resident_id, lanes in remembered.residents.items():
            if resident_id in states.residents:
                nobody = DeviceState(WatchedDevice("", resident_id, Profile()))
                self._go_on(states.of_resident(nobody), name, lanes)
        for state in self._assignments:
            self._wanted.count_silence(state)

    def _go_on(self, state: DeviceState, name: str, lanes: Lanes) -> None:
        for lane, kept in lanes.items():
            instance = self._instances.instance(state, name, lane)
            try:
                instance.detector.restore(kept)
                self._instances.refresh(instance)
            except Exception:  # noqa: BLE001 - it starts afresh, and all others go on
                self._instances.fail(instance, "take its state over")

    def __len__(self) -> int:
        return len(self._states.devices)

    def watched(self) -> Sequence[tuple[str, str]]:
        """Return device and resident of everybody who is watched now."""
        return [*self._states.devices]

    def watch_beside(self, other: DetectorVersions, some: Iterable[tuple[str, str]]) -> None:
        """Watch some devices as another engine does, from now on; what they were last heard to say is known."""
        for key in some:
            there = other._states.devices.get(key)
            state = self._assignments.take_over(there.device) if there is not None else None
            if there is not None and state is not None:
                state.heard_ms = max(state.heard_ms, there.heard_ms)
                state.off_body = there.off_body
                self._wanted.count_silence(state)

    def of_resident(self, resident_id: str) -> DeviceState | None:
        """Return what is remembered of all devices of a resident together, if anything is."""
        return self._states.residents.get(resident_id)

    def states_by_resident(self) -> Mapping[str, Sequence[DeviceState]]:
        """Return the devices of each resident who is watched now."""
        found: dict[str, list[DeviceState]] = {}
        for (_, resident_id), state in self._states.devices.items():
            found.setdefault(resident_id, []).append(state)
        return found
