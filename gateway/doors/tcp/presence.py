"""Which devices are here, and the events that a device came or went."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.directory import DeviceEntry
from gateway.doors.present import PresentDevices
from gateway.doors.restless import FLAPPING, SHARED, Restless
from gateway.doors.tcp.link import Link
from gateway.doors.tcp.shared import Shared


class Presence:
    """Links by device. A device is present while it has any: one that replaces a dying one is no absence.

    Attributes
    ----------
    restless : Restless
        Those whose connections break again and again.
    """

    def __init__(self, shared: Shared, present: PresentDevices) -> None:
        self._shared, self._present = shared, present
        self._links: dict[str, list[Link]] = {}
        self.restless = Restless(shared.intake)

    def __len__(self) -> int:
        return len(self._links)

    def links_of(self, device_id: str) -> Sequence[Link]:
        """Return a device's connections."""
        return tuple(self._links.get(device_id, ()))

    def device_ids(self) -> Sequence[str]:
        """Return the devices that have a connection."""
        return tuple(self._links)

    def speaking_link_of(self, device_id: str) -> Link | None:
        """Return the connection over which a device spoke last, of those that are not closing; None without one."""
        open_ones = [one for one in reversed(self._links.get(device_id, ())) if one.wire.is_open]
        return max(open_ones, key=lambda one: one.last_seen_s, default=None)

    def is_here(self, device_id: str) -> bool:
        """Tell whether a device has a connection."""
        return device_id in self._links

    def enter(self, link: Link, device: DeviceEntry) -> None:
        """Take that a device speaks over a link; its oldest one closes where it has too many."""
        links = self._links.setdefault(device.device_id, [])
        if link in links:
            return
        self._shared.counters.devices_accepted += 1
        reason = "" if links else "connected"
        if len(links) >= self._shared.settings.max_connections_per_device:
            reason, oldest = "taken_over", links.pop(0)
            self._shared.counters.taken_over += 1
            oldest.wire.close("taken_over")
            self.restless.note(device, SHARED, self._shared.now_s(), len(links) + 1)
        if not links and reason == "connected":
            self._present.came(device.device_id)
        links.append(link)
        if reason:
            self._shared.intake.report_connection(device, "on", reason)

    def leave(self, link: Link) -> None:
        """Take the end of a connection, and tell of those whose last one it was."""
        now_s, wire = self._shared.now_s(), link.wire
        for device in link.speaking.devices.values():
            links = self._links.get(device.device_id)
            if links is None or link not in links:
                continue
            links.remove(link)
            self.restless.note(device, FLAPPING, now_s, len(links))
            if not links:
                del self._links[device.device_id]
                self._present.went(device.device_id)
                self._shared.intake.report_connection(device, "off", wire.ended_by, wire.ended_detail)
