"""A device that has stopped reporting: the alarm it would have raised will not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import HEARD, Detector, Profile, Window
from alerts.rules.reporting import SHORTEST_S, silent_after_s
from alerts.rules.threshold import with_limits
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits.

    Attributes
    ----------
    silent_s : float
        Not heard for this long. [s]
    disconnected_s : float
        Not heard for this long after its connection broke. [s]
    lasting_s : float
        A connection is a sign of life once it has stood for this long: one that flaps is none. [s]
    """

    silent_s: float
    disconnected_s: float = SHORTEST_S
    lasting_s: float = 60.0


class DeviceSilent(Detector):
    """Not heard for three reporting periods (at least ten minutes); 26 hours for one that reports on events only.

    The clock starts when the device is enrolled: one that was never heard is silent too. Medium if it is the
    resident's only device for SOS, fall or smoke, else low. A broken connection is evidence, and enough for a device
    that has no period; it stays lost until a message comes or a new connection has lasted a minute. Times are those of
    reception: a device with a wrong clock is not silent.
    """

    name = "device_silent"
    kinds = ("device_silent",)
    reads = (HEARD, "connection")
    __slots__ = ("_connected_ms", "_device_id", "_heard_ms", "_lost_ms", "_on", "_params", "_priority")

    def __init__(self, params: Params, priority: Priority = Priority.LOW) -> None:
        self._params = params
        self._priority = priority
        self._heard_ms: int | None = None
        self._lost_ms: int | None = None
        self._connected_ms: int | None = None  # None also when it has lasted
        self._on = False
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one for the device's reporting period."""
        usual_s = silent_after_s(profile.report_period_s)
        params = with_limits(
            Params(silent_s=usual_s, disconnected_s=min(usual_s, SHORTEST_S)), profile, "device_silent"
        )
        return cls(params, Priority.MEDIUM if profile.only_alarm_device else Priority.LOW)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take signs of life, and the connection's state."""
        self._device_id = window.device_id
        found: list[Finding] = []
        for t, value in zip(window.t_ms.tolist(), window.values[:, 0].tolist(), strict=True):
            if window.quantity == "connection":
                found += self._lasted(t)
                self._connection(t, on=value == 1.0)
            elif value == 1.0:
                found += self._heard(t)
        return tuple(found)

    def _connection(self, t_ms: int, *, on: bool) -> None:
        self._connected_ms = t_ms if on else None
        if not on and self._lost_ms is None:
            self._lost_ms = t_ms

    def _lasting_ms(self) -> int | None:
        return None if self._connected_ms is None else self._connected_ms + round(self._params.lasting_s * SECOND_MS)

    def _lasted(self, now_ms: int) -> tuple[Finding, ...]:
        lasting_ms = self._lasting_ms()
        if lasting_ms is None or now_ms < lasting_ms:
            return ()
        self._connected_ms = None
        return self._heard(lasting_ms)

    def _heard(self, t_ms: int) -> tuple[Finding, ...]:
        if self._heard_ms is not None and t_ms <= self._heard_ms:
            return ()  # the engine says again what it last heard
        self._heard_ms = t_ms
        if self._lost_ms is not None and t_ms >= self._lost_ms:
            self._lost_ms = None
        if not self._on:
            return ()
        self._on = False
        return (self._finding(Condition.GONE, t_ms, t_ms),)

    def due_ms(self) -> int | None:
        """Return when silence has lasted long enough. [ms]."""
        lasting_ms = self._lasting_ms()
        silent_ms = self._silent_ms()
        return min((due for due in (lasting_ms, silent_ms) if due is not None), default=None)

    def _silent_ms(self) -> int | None:
        if self._on or self._heard_ms is None:
            return None
        due = self._heard_ms + round(self._params.silent_s * SECOND_MS)
        if self._lost_ms is None:
            return due
        return min(due, self._lost_ms + round(self._params.disconnected_s * SECOND_MS))

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that silence has lasted long enough. [ms]."""
        silent_ms, lasting_ms = self._silent_ms(), self._lasting_ms()
        if silent_ms is not None and silent_ms <= now_ms and (lasting_ms is None or silent_ms <= lasting_ms):
            self._on = True
            return (self._finding(Condition.PRESENT, self._heard_ms or silent_ms, silent_ms),)
        return self._lasted(now_ms)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Signs of life may be kept back while all is well: the newest is wanted before `tick`."""
        return (-1.0, 2.0) if quantity == HEARD and not self._on and self._lost_ms is None else None

    def _finding(self, condition: Condition, at_ms: int, decided_ms: int) -> Finding:
        silent_s = (decided_ms - (self._heard_ms or decided_ms)) / SECOND_MS
        evidence = Evidence(
            features={"silent_s": silent_s, "disconnected": float(self._lost_ms is not None)},
            limits={"silent_s": self._params.silent_s},
            device_id=self._device_id,
            start_ms=at_ms,
            end_ms=decided_ms,
        )
        return Finding("device_silent", condition, at_ms, decided_ms, 1.0, self._priority, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "heard": self._heard_ms,
            "lost": self._lost_ms,
            "up": self._connected_ms,
            "on": self._on,
            "device": self._device_id,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._heard_ms, self._lost_ms = state["heard"], state["lost"]
        self._connected_ms = state.get("up")
        self._on, self._device_id = state["on"], state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._heard_ms = shifted(self._heard_ms, by_ms)
        self._lost_ms = shifted(self._lost_ms, by_ms)
        self._connected_ms = shifted(self._connected_ms, by_ms)
