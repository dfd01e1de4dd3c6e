"""Complaints of devices that wait whether others of their area come."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.storms.areas import Areas
from alerts.engine.watched_device import WatchedDevice

_NOTE = "alert.note.after_area"


class _Held(NamedTuple):
    complaint: ResidentFinding
    until_ms: int


class Waiting:
    """Complaints, one of a kind and device, the oldest first.

    One that waits for the first time counts together with the others of its areas (`gather`); one that waits again,
    after a storm, does not.

    Parameters
    ----------
    areas : Areas
        Which device belongs where.
    """

    def __init__(self, areas: Areas) -> None:
        self._areas = areas
        self._held: dict[tuple[str, str], _Held] = {}  # kind, device
        self._near: dict[tuple[str, str], dict[str, ResidentFinding]] = {}  # area, kind -> device -> complaint

    @property
    def due_ms(self) -> int | None:
        """When one has waited long enough. [ms]."""
        return min((held.until_ms for held in self._held.values()), default=None)

    def hold(self, one: ResidentFinding, until_ms: int) -> None:
        """Let a complaint wait. [ms]."""
        self._held[one.finding.kind, one.device_id] = _Held(one, until_ms)

    def renew(self, one: ResidentFinding) -> bool:
        """Put a complaint in the place of the same one that waits already; tell whether there was one."""
        key = one.finding.kind, one.device_id
        held = self._held.get(key)
        if held is None:
            return False
        self._held[key] = held._replace(complaint=one)
        return True

    def gather(self, area: str, one: ResidentFinding) -> Mapping[str, ResidentFinding]:
        """Count a complaint with those of its kind in an area; return all of them, by device."""
        near = self._near.setdefault((area, one.finding.kind), {})
        near[one.device_id] = one
        return near

    def forget(self, kind: str, device_id: str) -> bool:
        """Let a complaint go; tell whether it was waiting."""
        for area in self._areas.of(device_id):
            self._near.get((area, kind), {}).pop(device_id, None)
        return self._held.pop((kind, device_id), None) is not None

    def forget_former(self, kind: str, device: WatchedDevice) -> None:
        """Let a complaint go that a device made about another resident."""
        held = self._held.get((kind, device.device_id))
        if held is not None and held.complaint.resident_id != device.resident_id:
            self.forget(kind, device.device_id)

    def leave(self, areas: Sequence[str], device_id: str) -> None:
        """Count a device's complaints no longer with those of areas that it has left."""
        for (area, _), near in self._near.items():
            if area in areas:
                near.pop(device_id, None)

    def pop_over(self, now_ms: int) -> list[ResidentFinding]:
        """Return, and let go, those that have waited long enough. [ms]."""
        out: list[ResidentFinding] = []
        for (kind, device_id), held in [*self._held.items()]:
            if held.until_ms <= now_ms:
                is_first = any(device_id in self._near.get((area, kind), {}) for area in self._areas.of(device_id))
                self.forget(kind, device_id)
                out.append(held.complaint if is_first else _after(held.complaint))
        return out

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for key, held in self._held.items():
            self._held[key] = _Held(held.complaint.shifted(by_ms), held.until_ms + by_ms)
        for near in self._near.values():
            near.update({device_id: one.shifted(by_ms) for device_id, one in near.items()})

    def of(self, device_ids: Collection[str]) -> list[Any]:
        """Return what devices that leave for another engine complain of, and until when it waits. [ms]."""
        return [
            [held.complaint.plain(), held.until_ms]
            for (_, device_id), held in self._held.items()
            if device_id in device_ids
        ]

    def snapshot(self) -> list[Any]:
        """Return the whole state; which device belongs where comes from the roster."""
        first = {device_id for near in self._near.values() for device_id in near}
        return [
            [held.complaint.plain(), held.until_ms, device_id in first] for (_, device_id), held in self._held.items()
        ]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state, after the roster."""
        for kept, until_ms, is_first in state:
            one = msgspec.convert(kept, ResidentFinding)
            self.hold(one, until_ms)
            for area in self._areas.of(one.device_id) if is_first else ():
                self.gather(area, one)


def _after(one: ResidentFinding) -> ResidentFinding:
    evidence = msgspec.structs.replace(one.finding.evidence, note=_NOTE)
    return one._replace(finding=msgspec.structs.replace(one.finding, evidence=evidence))
