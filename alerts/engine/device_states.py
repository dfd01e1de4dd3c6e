"""The states of all devices and of all residents, and who wants to know before one of them changes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from alerts.engine.device_state import DeviceState
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile

_PROFILES = 16_384


class StateListener(Protocol):
    """Whoever must see a state as it was, as one that writes it down does."""

    def before(self, state: DeviceState) -> None:
        """Look at a state that is about to change."""

    def before_all(self) -> None:
        """Look at every state: they are all about to change. Nothing more is said after this."""


class DeviceStates:
    """What the engine remembers, by whom it is about.

    Attributes
    ----------
    devices : dict
        Device and resident -> state; a device that moves to another resident begins anew.
    residents : dict
        Resident -> what is remembered of all its devices together.
    listener : StateListener or None
        Whoever changes a state says so before, by `about_to_change` or `all_about_to_change`.
    """

    def __init__(self) -> None:
        self.devices: dict[tuple[str, str], DeviceState] = {}
        self.residents: dict[str, DeviceState] = {}
        self.listener: StateListener | None = None

    def of(self, device: WatchedDevice) -> DeviceState:
        """Return the state of a device, made now if need be."""
        key = device.device_id, device.resident_id
        found = self.devices.get(key)
        if found is None:
            found = self.devices[key] = DeviceState(device)
        return found

    def of_resident(self, state: DeviceState) -> DeviceState:
        """Return the state of the resident of a device, made now if need be; the device is one of its members."""
        device = state.device
        found = self.residents.get(device.resident_id)
        if found is None:
            found = DeviceState.of_whole_resident(WatchedDevice("", device.resident_id, shared(device.profile)))
            self.residents[device.resident_id] = found
        if device.device_id:
            found.join(state)
        return found

    def forget(self) -> None:
        """Let go of everybody, each from their detectors."""
        self.listener = None
        for state in (*self.devices.values(), *self.residents.values()):
            state.instances, state.members, state.quiet = (), (), {}
        self.devices.clear()
        self.residents.clear()

    def about_to_change(self, state: DeviceState) -> None:
        """Say that a device, and its resident, are about to change."""
        if self.listener is not None:
            self.listener.before(state)
            resident = self.residents.get(state.device.resident_id)
            if resident is not None:
                self.listener.before(resident)

    def all_about_to_change(self) -> None:
        """Say that everything is about to change."""
        if self.listener is not None:
            self.listener.before_all()
            self.listener = None


@lru_cache(maxsize=_PROFILES)
def shared(profile: Profile) -> Profile:
    """Return what all devices of a resident have in common."""
    return replace(profile, report_period_s=0.0, only_alarm_device=False)
