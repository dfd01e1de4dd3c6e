"""Who wants what arrived: each window goes to the detectors that read its quantity, and that it can still move.

Most numbers are ordinary and move nobody. What those are, `quiet` says once for each device and quantity, so that
they are not even made a window of.
"""

from __future__ import annotations

from collections import Counter

from alerts.engine.device_state import DeviceState, Instance, Quiet
from alerts.engine.instances import DetectorInstances
from alerts.engine.lateness import too_old
from alerts.engine.registered import ALWAYS_QUIET, NEVER_QUIET, Range, RegisteredDetectors, quiet_range_of
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.runs import DetectorRuns
from alerts.engine.windows import heard_window
from alerts.rules.detector import HEARD, Detector, Scope, Window


class Wanted:
    """Brings windows to the detectors that want them.

    Parameters
    ----------
    registered : RegisteredDetectors
        Which detectors read what.
    instances : DetectorInstances
        Those at work.
    runs : DetectorRuns
        Calls them.
    counts : Counter
        ``windows``, and those ``too_old`` for a detector.
    """

    def __init__(
        self,
        registered: RegisteredDetectors,
        instances: DetectorInstances,
        runs: DetectorRuns,
        counts: Counter[str],
    ) -> None:
        self._registered = registered
        self._instances = instances
        self._hand = runs.hand  # asked for every window: a look less each time
        self._counts = counts

    def give(
        self,
        state: DeviceState,
        window: Window,
        found: list[ResidentFinding],
        *,
        in_order: bool = True,
        lane: str = "",
    ) -> None:
        """Hand a window to every detector that reads its quantity."""
        self._counts["windows"] += 1
        age_ms = window.received_at_ms - int(window.t_ms[-1])
        for name in self._registered.readers(window.quantity):
            detector = self._registered[name]
            if not in_order and detector.ordered:
                continue
            if window.quantity == HEARD and detector.scope is Scope.RESIDENT:
                continue  # it is told before it is woken
            if self._is_in_time(detector, age_ms):
                self._hand(self._instances.instance(state, name, lane), window, found)

    def give_number(
        self, state: DeviceState, window: Window, number: float, found: list[ResidentFinding], *, good: bool
    ) -> None:
        """Hand a number to every detector that wants it; those that must know of every good one take note of it."""
        self._counts["windows"] += 1
        t_ms = int(window.t_ms[-1])
        age_ms = window.received_at_ms - t_ms
        for name, fresh in self._registered.fresh(window.quantity, state.device.profile):
            if not self._is_in_time(self._registered[name], age_ms):
                continue
            at_work, (low, high) = self._lets_pass(state, name, fresh, window.quantity)
            decides_nothing = low < number < high
            if decides_nothing and (fresh or (good and at_work and at_work.takes_note(window.quantity, t_ms, number))):
                continue
            self._hand(at_work or self._instances.instance(state, name), window, found)

    def _is_in_time(self, detector: type[Detector], age_ms: int) -> bool:
        if not too_old(detector.kinds, age_ms):
            return True
        self._counts["too_old"] += 1
        return False

    def quiet(self, state: DeviceState, quantity: str) -> Quiet:
        """Return, and keep, the range of values that no detector of a device wants now."""
        low, high = ALWAYS_QUIET
        noted_by: list[Instance] = []
        for name, fresh in self._registered.fresh(quantity, state.device.profile):
            at_work, (own_low, own_high) = self._lets_pass(state, name, fresh, quantity)
            if at_work and not fresh:
                noted_by.append(at_work)
            low, high = max(low, own_low), min(high, own_high)
        state.quiet[quantity] = quiet = Quiet(low, high, tuple(noted_by))
        return quiet

    def _lets_pass(
        self, state: DeviceState, name: str, fresh: Range | None, quantity: str
    ) -> tuple[Instance | None, Range]:
        """Return who is at work, made now if it must know of every number, and what it, or a fresh one, lets pass."""
        at_work = state.at_work(name) if fresh else self._instances.instance(state, name)
        return at_work, quiet_range_of(at_work.detector, quantity) if at_work else fresh or NEVER_QUIET

    def count_silence(self, state: DeviceState) -> None:
        """Start the clock of a device's silence, if it does not run yet."""
        readers = (name for name in self._registered.readers(HEARD) if self._registered[name].scope is Scope.DEVICE)
        if any(state.at_work(name) is None for name in readers):
            self.give(state, heard_window(state.device.device_id, state.heard_ms), [])
