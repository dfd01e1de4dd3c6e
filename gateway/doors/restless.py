"""Devices whose connection breaks again and again, and secrets that several gadgets use: both get no call through."""

from __future__ import annotations

from collections import deque

from anhu.contract.observation import AttributeValue
from gateway.directory import DeviceEntry
from gateway.intake import Intake

FLAPPING, SHARED = "flapping", "shared_credential"
_MANY, _WITHIN_S, _CALM_S = 20, 300.0, 600.0
_MOST_COUNTED = 50_000


class Restless:
    """Counts broken connections and take-overs, and has a fault of the device told while there are very many.

    A device that says goodbye may connect for each message. One that breaks off every 15 s is told.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._seen: dict[tuple[str, str], deque[float]] = {}
        self._told: dict[tuple[str, str], tuple[DeviceEntry, float]] = {}

    def __len__(self) -> int:
        return len(self._told)

    def note(self, device: DeviceEntry, reason: str, now_s: float, connections: int, at_all_doors: int = 0) -> bool:
        """Take one more break or take-over of a device with so many connections; tell whether there are many. [s].

        `at_all_doors`: so many there were in the last minutes at all doors, as far as anybody counted.
        """
        key = (device.device_id, reason)
        seen = self._seen.pop(key, None)
        if seen is None:
            seen = deque(maxlen=_MANY)
            if len(self._seen) >= _MOST_COUNTED:
                del self._seen[next(iter(self._seen))]
        self._seen[key] = seen
        seen.append(now_s)
        if at_all_doors < _MANY and (len(seen) < _MANY or now_s - seen[0] >= _WITHIN_S):
            return False
        if key not in self._told:
            self._tell(device, reason, "on", {"connections": connections})
        self._told[key] = (device, now_s)
        return True

    def pass_time(self, now_s: float) -> None:
        """End the faults of those who have been calm. [s]."""
        for key in [key for key, (_, last_s) in self._told.items() if now_s - last_s > _CALM_S]:
            device, _ = self._told.pop(key)
            self._tell(device, key[1], "off", {})

    def _tell(self, device: DeviceEntry, reason: str, state: str, more: dict[str, AttributeValue]) -> None:
        self._intake.report_fault(device, state, {"reason": reason, **more})
