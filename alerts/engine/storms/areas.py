"""Which devices belong together: those of one centre, and those behind one gateway."""

from __future__ import annotations

from collections import Counter

from alerts.engine.watched_device import WatchedDevice

LEAST = 10
SHARE = 0.05
"""So many of an area at once are a storm, and at least this share of it: about a hundred times what chance brings."""


class Areas:
    """Areas of devices, and how many devices each has."""

    def __init__(self) -> None:
        self._areas: dict[str, tuple[str, ...]] = {}
        self._sizes: Counter[str] = Counter()

    def know(self, device: WatchedDevice) -> None:
        """Learn to which areas a device belongs; one that is assigned to nobody belongs to none any more."""
        self._sizes.subtract(self._areas.pop(device.device_id, ()))
        named = (("gateway", device.gateway_id), ("centre", device.centre_id))
        areas = tuple(f"{what}:{which}" for what, which in named if which and device.resident_id)
        if areas:
            self._areas[device.device_id] = areas
            self._sizes.update(areas)

    def of(self, device_id: str) -> tuple[str, ...]:
        """Return the areas of a device, the smaller first."""
        return self._areas.get(device_id, ())

    def size(self, area: str) -> int:
        """Return how many devices an area has."""
        return self._sizes[area]

    def many(self, area: str) -> float:
        """Return how many at once are a storm."""
        return max(float(LEAST), SHARE * self._sizes[area])

    def is_many(self, area: str, number: int) -> bool:
        """Tell whether so many at once are a storm."""
        return number >= self.many(area)
