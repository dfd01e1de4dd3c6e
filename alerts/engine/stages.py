"""What becomes of findings between the detectors and the database: one stage after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from alerts.engine.lateness import Late
from alerts.engine.not_worn import NotWorn
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.second_sensor import SecondSensor
from alerts.engine.stage import RememberingStage, Stage
from alerts.engine.still_there import StillThere
from alerts.engine.storms.device_storms import DeviceStorms, complaints, let_wait
from alerts.engine.watched_device import WatchedDevice


class Stages:
    """All stages, in their order.

    Parameters
    ----------
    counts : Counter
        ``too_late``, and what else they count.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self._storms, self._still_there, self._second_sensor = DeviceStorms(), StillThere(), SecondSensor()
        self._remembering: Mapping[str, RememberingStage] = {
            "second_sensor": self._second_sensor,
            "storms": self._storms,
            "still_there": self._still_there,
        }
        self._all: tuple[Stage, ...] = (Late(counts), NotWorn(), *self._remembering.values())

    def know(self, device: WatchedDevice) -> None:
        """Take over what the directory says of a device."""
        self._storms.know(device)

    def part(self, device_id: str, former: str) -> None:
        """Let a device go from the resident whom it no longer watches."""
        self._still_there.part(device_id, former)
        self._second_sensor.part(device_id, former)

    def remembered(self, resident_id: str, device_ids: Collection[str], now_ms: int) -> dict[str, Any]:
        """Return what is remembered of one resident, who leaves this engine. [ms]."""
        return {
            "second_sensor": self._second_sensor.remembered(resident_id),
            "still_there": self._still_there.remembered(resident_id),
            "waiting": complaints(self._storms, device_ids, now_ms),
        }

    def take_over(self, resident_id: str, kept: Mapping[str, Any]) -> None:
        """Go on with what another engine remembered of a resident."""
        self._second_sensor.take_over(resident_id, kept["second_sensor"])
        self._still_there.take_over(kept["still_there"])
        let_wait(self._storms, kept["waiting"])

    def after_message(self, found: list[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Pass on what a message brought, if it brought anything or if a stage has waited for the time. [ms]."""
        storm, again = self._storms.due_ms, self._still_there.due_ms
        wanted = found or (storm is not None and storm <= now_ms) or (again is not None and again <= now_ms)
        return self.pass_on(found, now_ms) if wanted else found

    def pass_on(self, found: list[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        """Return what is left of findings, and what has come due. [ms]."""
        for stage in self._all:
            found = stage.pass_on(found, now_ms)
        return found

    @property
    def due_ms(self) -> int | None:
        """When one of them has something to say by itself, at the earliest. [ms]."""
        return min((stage.due_ms for stage in self._all if stage.due_ms is not None), default=None)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for stage in self._remembering.values():
            stage.shift(by_ms)

    def snapshot(self) -> dict[str, Any]:
        """Return the state of those that remember, by name."""
        return {name: stage.snapshot() for name, stage in self._remembering.items()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take over the states of those that are there."""
        for name, stage in self._remembering.items():
            if name in kept:
                stage.restore(kept[name])
