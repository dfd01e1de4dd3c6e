"""Detectors run: handed their windows, woken when due; what they find is collected, and none can stop the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alerts.engine.device_state import DeviceState, Instance
from alerts.engine.device_states import DeviceStates
from alerts.engine.instances import DetectorInstances
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.schedule import Schedule
from alerts.engine.windows import heard_window
from alerts.finding import Finding
from alerts.kinds import KINDS, Route
from alerts.rules.decided_by import signed
from alerts.rules.detector import HEARD, Scope, Window


class DetectorRuns:
    """Calls detectors.

    Parameters
    ----------
    instances : DetectorInstances
        Takes back the ones that raise.
    states : DeviceStates
        Is told whose detectors are about to be woken.
    schedule : Schedule
        Says who is due.
    """

    def __init__(self, instances: DetectorInstances, states: DeviceStates, schedule: Schedule) -> None:
        self._instances = instances
        self._refresh = instances.refresh  # asked for every window: a look less each time
        self._states = states
        self._schedule = schedule

    def hand(self, instance: Instance, window: Window, found: list[ResidentFinding]) -> None:
        """Hand a window to one detector, and collect what it finds."""
        self._run(instance, instance.detector.update, window, window.device_id, found)

    def wake(self, now_ms: int) -> list[ResidentFinding]:
        """Wake every detector that is due. [ms]."""
        found: list[ResidentFinding] = []
        while (instance := self._schedule.pop(now_ms)) is not None:
            self._wake(instance, now_ms, found)
        return found

    def wake_for_help(self, now_ms: int) -> list[ResidentFinding]:
        """Wake every detector that is due and of whose kinds a person may be hurt; the others stay due. [ms].

        For a time in which messages cannot come: the others mostly wait for one that does not come, and it may have
        come. Who rose again meanwhile is told of once too often; it is taken back when that is read.
        """
        found: list[ResidentFinding] = []
        while due := self._schedule.take(now_ms, _may_mean_that_somebody_is_hurt):
            for instance in due:
                self._wake(instance, now_ms, found)
        return found

    def _wake(self, instance: Instance, now_ms: int, found: list[ResidentFinding]) -> None:
        state = instance.state
        if self._states.listener is not None:
            self._states.listener.before(state)
        if HEARD in instance.detector.reads and self._is_alive(instance, state, now_ms, found):
            return
        self._run(instance, instance.detector.tick, now_ms, state.device.device_id, found, by_time=True)

    def _is_alive(self, instance: Instance, state: DeviceState, now_ms: int, found: list[ResidentFinding]) -> bool:
        """Tell a detector who spoke meanwhile; return whether it therefore wants to be woken later only. [ms]."""
        for spoke in (state, *state.members):
            if spoke.heard_ms:
                self.hand(instance, heard_window(spoke.device.device_id, spoke.heard_ms), found)
        return instance.due_ms is not None and instance.due_ms > now_ms

    def _run(
        self,
        instance: Instance,
        call: Callable[[Any], tuple[Finding, ...]],
        argument: Window | int,
        device_id: str,
        found: list[ResidentFinding],
        *,
        by_time: bool = False,
    ) -> None:
        try:
            findings = call(argument)
            self._refresh(instance)
        except Exception:  # noqa: BLE001 - one broken detector must not silence all the others
            self._instances.fail(instance, "go on")
            return
        if findings:
            resident_id, off_body = instance.state.device.resident_id, instance.state.off_body
            detector = instance.detector
            whole = detector.scope is Scope.RESIDENT
            found.extend(
                ResidentFinding(
                    resident_id, device_id, signed(f, detector), by_time=by_time, off_body=off_body, whole=whole
                )
                for f in findings
            )


def _may_mean_that_somebody_is_hurt(instance: Instance) -> bool:
    kinds = (KINDS.get(kind) for kind in instance.detector.kinds)
    return any(kind is not None and kind.route is Route.PERSON for kind in kinds)
