"""What an engine remembers of one resident, taken out of it and put into another: the resident moved between shards.

Each detector goes on where it stood: a fall that is being doubted, a device that has been silent for a while. What
looks across residents stays with those who stay: a complaint that counted in a storm there waits here by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from alerts.engine.assignments import Assignments
from alerts.engine.device_states import DeviceStates
from alerts.engine.instances import DetectorInstances
from alerts.engine.stages import Stages
from alerts.engine.wanted import Wanted


class Moving:
    """Takes residents out of an engine, and into it.

    Parameters
    ----------
    states, instances, assignments, wanted, stages
        The engine's parts.
    """

    def __init__(
        self,
        states: DeviceStates,
        instances: DetectorInstances,
        assignments: Assignments,
        wanted: Wanted,
        stages: Stages,
    ) -> None:
        self._states = states
        self._instances = instances
        self._assignments = assignments
        self._wanted = wanted
        self._stages = stages

    def watches(self, device_id: str, resident_id: str) -> bool:
        """Tell whether a device is assigned to a resident here."""
        return self._assignments.is_assigned(device_id, resident_id)

    def is_here(self, resident_id: str, raw: bytes) -> bool:
        """Tell whether a device that remembers something of a resident is assigned here by now."""
        return any(self.watches(device_id, resident_id) for device_id in msgspec.msgpack.decode(raw)["devices"])

    def strangers(self) -> Collection[tuple[str, str]]:
        """Return device and resident of those who are remembered and not assigned here."""
        return [key for key in self._states.devices if not self._assignments.is_assigned(*key)]

    def remembered(self, resident_id: str, device_ids: Collection[str], now_ms: int) -> bytes:
        """Return what is remembered of a resident, and of those devices. [ms]."""
        devices = {
            device_id: state.snapshot()
            for device_id in device_ids
            if (state := self._states.devices.get((device_id, resident_id))) is not None
        }
        whole = self._states.residents.get(resident_id)
        kept = {
            "devices": devices,
            "whole": whole.detectors_snapshot() if whole is not None else {},
            "stages": self._stages.remembered(resident_id, device_ids, now_ms),
        }
        return msgspec.msgpack.encode(kept)

    def let_all_go(self) -> None:
        """Let go of everybody, so that nothing refers in a circle: what was frozen no collector would free."""
        self._instances.let_all_go()
        self._assignments.let_all_go()
        self._states.forget()

    def take_over(self, resident_id: str, raw: bytes) -> None:
        """Go on with what another engine remembers, in place of what was begun here meanwhile."""
        kept: dict[str, Any] = msgspec.msgpack.decode(raw)
        for device_id, one in kept["devices"].items():
            state = self._states.devices.get((device_id, resident_id))
            if state is None:
                continue  # it was given to somebody else since
            self._states.about_to_change(state)
            state.restore(one)
            self._instances.rebuild(state, one["detectors"])
            if device_id in self._assignments:
                self._wanted.count_silence(state)
        if kept["whole"]:
            self._instances.rebuild_residents({resident_id: kept["whole"]})
        self._stages.take_over(resident_id, kept["stages"])
