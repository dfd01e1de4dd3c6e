"""Who is watched by which device, as the directory says, or as a message says of whom the directory does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from alerts.engine.device_state import DeviceState
from alerts.engine.device_states import DeviceStates
from alerts.engine.instances import DetectorInstances
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.strangers import Strangers
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Profile
from alerts.rules.one_of import one_of


class Assignments:
    """Devices and their residents.

    Parameters
    ----------
    states : DeviceStates
        What is remembered of them; kept while the resident stays the same.
    instances : DetectorInstances
        Are given the profiles.
    parted : callable
        Is told of each device, and of the resident whom it no longer watches.
    counts : Counter
        ``sources_over``.
    """

    def __init__(
        self,
        states: DeviceStates,
        instances: DetectorInstances,
        parted: Callable[[str, str], None],
        counts: Counter[str],
    ) -> None:
        self._states = states
        self._instances = instances
        self._assigned: dict[str, WatchedDevice] = {}
        self._parted = parted
        self._strangers = Strangers(states, self._part, counts)

    def __contains__(self, device_id: str) -> bool:
        return device_id in self._assigned

    def __iter__(self) -> Iterator[DeviceState]:
        return (self._states.of(device) for device in self._assigned.values())

    def take_over(self, device: WatchedDevice) -> DeviceState | None:
        """Take over what the directory says of a device now; return its state, None if it watches nobody."""
        former = self._assigned.pop(device.device_id, None)
        if former is not None and former.resident_id != device.resident_id:
            self._part(former.device_id, former.resident_id)
        if not device.resident_id:
            return None
        device = device._replace(profile=one_of(device.profile))
        self._assigned[device.device_id] = device
        state = self._states.of(device)
        self._states.about_to_change(state)
        state.heard_ms = max(state.heard_ms, device.enrolled_at_ms)
        self._instances.give_profile(state, device)
        return state

    def let_all_go(self) -> None:
        """Forget the directory."""
        self._assigned.clear()

    def _part(self, device_id: str, resident_id: str) -> None:
        """Let a device go from the resident whom it no longer watches, with what it has seen."""
        self._parted(device_id, resident_id)
        left = self._states.devices.pop((device_id, resident_id), None)
        if left is None:
            return
        self._states.about_to_change(left)
        self._instances.dismiss_all(left)
        resident = self._states.residents.get(resident_id)
        if resident is not None:
            resident.leave(device_id)

    def meet(self, device_id: str, resident_id: str, now_ms: int, found: list[ResidentFinding]) -> DeviceState:
        """Return the state of a device that said something of a resident for the first time; tell of too many. [ms]."""
        if self.is_assigned(device_id, resident_id):
            return self._states.of(self._assigned[device_id])
        name = self._strangers.name(device_id, resident_id)
        if name != device_id:
            found += self._strangers.told(resident_id, now_ms)
        return self._states.of(WatchedDevice(name, resident_id, Profile()))

    def know_strangers(self) -> None:
        """Take those for strangers again who are remembered after a restart, and not registered."""
        self._strangers.know_again(key for key in self._states.devices if not self.is_assigned(*key))

    def is_assigned(self, device_id: str, resident_id: str) -> bool:
        """Tell whether the directory says that a device watches a resident."""
        known = self._assigned.get(device_id)
        return known is not None and known.resident_id == resident_id
