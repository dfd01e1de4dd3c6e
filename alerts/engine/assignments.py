"""Who is watched by which device, as the directory says, or as a message says of whom the directory does not know."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.engine.device_state import DeviceState
from alerts.engine.device_states import DeviceStates
from alerts.engine.instances import DetectorInstances
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile


class Assignments:
    """Devices and their residents.

    Parameters
    ----------
    states : DeviceStates
        What is remembered of them; kept while the resident stays the same.
    instances : DetectorInstances
        Are given the profiles.
    """

    def __init__(self, states: DeviceStates, instances: DetectorInstances) -> None:
        self._states = states
        self._instances = instances
        self._assigned: dict[str, WatchedDevice] = {}

    def __contains__(self, device_id: str) -> bool:
        return device_id in self._assigned

    def __iter__(self) -> Iterator[DeviceState]:
        return (self._states.of(device) for device in self._assigned.values())

    def resident_of(self, device_id: str) -> str:
        """Return whom a device watches; empty for nobody."""
        known = self._assigned.get(device_id)
        return "" if known is None else known.resident_id

    def take_over(self, device: WatchedDevice) -> DeviceState | None:
        """Take over what the directory says of a device now; return its state, None if it watches nobody."""
        former = self._assigned.pop(device.device_id, None)
        if former is not None and former.resident_id != device.resident_id:
            self._part(former)
        if not device.resident_id:
            return None
        self._assigned[device.device_id] = device
        state = self._states.of(device)
        self._states.about_to_change(state)
        state.heard_ms = max(state.heard_ms, device.enrolled_at_ms)
        self._instances.give_profile(state, device)
        return state

    def _part(self, former: WatchedDevice) -> None:
        """Let a device go from the resident whom it no longer watches, with what it has seen."""
        left = self._states.devices.pop((former.device_id, former.resident_id), None)
        if left is None:
            return
        self._states.about_to_change(left)
        self._instances.dismiss_all(left)
        resident = self._states.residents.get(former.resident_id)
        if resident is not None:
            resident.members.pop(former.device_id, None)

    def meet(self, device_id: str, resident_id: str) -> DeviceState:
        """Return the state of a device that said something of a resident for the first time."""
        known = self._assigned.get(device_id)
        if known is None or known.resident_id != resident_id:
            known = WatchedDevice(device_id, resident_id, Profile())
        return self._states.of(known)
