"""Readings that no living person has: a sensor that is broken or badly worn, or somebody in danger. Never silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.time_shift import shifted
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.contract.observation import Quality
from anhu.contract.priority import Priority
from anhu.contract.quantities import QUANTITIES, is_no_value

_NO_VALUE = frozenset({-1.0, 0.0, 127.0, 254.0, 255.0, 511.0, 2047.0, 32767.0, 65535.0})
"""What devices send for "not measured": the largest number of so many bits, zero, minus one."""
_BYTE_FULL = 255.0
_IGNORED = int(Quality.RETAINED | Quality.DUPLICATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How long before it is told.

    Attributes
    ----------
    readings, minutes : float
        So many implausible readings of one quantity without a plausible one, over so long. [1], [min]
    no_value_h : float
        Nothing but "not measured" for this long, while worn. [h]
    repeat_h : float
        While it goes on it is said again this often. [h]
    """

    readings: float = 3.0
    minutes: float = 2.0
    no_value_h: float = 2.0
    repeat_h: float = 1.0


@dataclass(slots=True)
class _Run:
    """Implausible readings of one quantity, one after the other."""

    since_ms: int
    doubtful: int = 0
    said_ms: int = 0


class ImplausibleValue(Detector):
    """Medium, as a fault of the sensor: whoever looks rings the person first. Over with the first plausible reading.

    A heart rate of 17 is beyond what rules take for a heart rate, and may be the truth. A device's own word for "not
    measured" is no reading; where it is all that comes for two hours while the device is worn, that is a fault, too.
    """

    name = "implausible_value"
    kinds = ("sensor_fault",)
    reads = (
        "heart_rate", "pulse_rate", "respiration_rate", "spo2", "systolic_pressure", "diastolic_pressure",
        "body_temperature", "glucose", "room_temperature",
    )  # fmt: skip

    def __init__(self, params: Params | None = None) -> None:
        self._params = params or Params()
        self._runs: dict[str, _Run] = {}
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:  # noqa: ARG003 - what cannot be is so for everybody
        """Make one; it is the same for everybody."""
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take readings."""
        self._device_id = window.device_id
        found: list[Finding] = []
        columns = (window.t_ms.tolist(), window.values[:, 0].tolist(), window.quality.tolist())
        for t, value, quality in zip(*columns, strict=True):
            if quality & _IGNORED or value != value:  # noqa: PLR0124 - NaN is not itself
                continue
            judge = self._over if _can_be(window.quantity, value) else self._beyond
            found += judge(window.quantity, t, value)
        return tuple(found)

    def _beyond(self, quantity: str, t: int, value: float) -> list[Finding]:
        p, run = self._params, self._runs.setdefault(quantity, _Run(t))
        run.doubtful += value not in _NO_VALUE
        lasted_ms = t - run.since_ms
        sure = run.doubtful >= p.readings and lasted_ms >= p.minutes * MINUTE_MS
        due = t - run.said_ms >= p.repeat_h * HOUR_MS if run.said_ms else True
        if not due or not (sure or lasted_ms >= p.no_value_h * HOUR_MS):
            return []
        run.said_ms = t
        return [self._finding(quantity, run, Condition.PRESENT, t)]

    def _over(self, quantity: str, t: int, value: float) -> list[Finding]:
        del value
        run = self._runs.pop(quantity, None)
        if run is None or not run.said_ms or any(other.said_ms for other in self._runs.values()):
            return []
        return [self._finding(quantity, run, Condition.GONE, t)]

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Plausible readings matter only while one is expected."""
        row = QUANTITIES[quantity]
        return None if quantity in self._runs else (row.low, min(row.high, _BYTE_FULL))

    def _finding(self, quantity: str, run: _Run, condition: Condition, t: int) -> Finding:
        evidence = Evidence(
            features={"doubtful_readings": float(run.doubtful), "lasted_s": (t - run.since_ms) / 1_000},
            quantity=quantity,
            device_id=self._device_id,
            start_ms=run.since_ms,
            end_ms=t,
            note="alert.note.implausible" if condition is Condition.PRESENT else "",
        )
        return Finding("sensor_fault", condition, run.since_ms, t, 0.5, Priority.MEDIUM, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        runs = {quantity: [run.since_ms, run.doubtful, run.said_ms] for quantity, run in self._runs.items()}
        return {"runs": runs, "device": self._device_id}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._runs = {quantity: _Run(*run) for quantity, run in state["runs"].items()}
        self._device_id = state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for run in self._runs.values():
            run.since_ms, run.said_ms = shifted(run.since_ms, by_ms), shifted(run.said_ms, by_ms)


def _can_be(quantity: str, value: float) -> bool:
    row = QUANTITIES[quantity]
    return row.low <= value <= row.high and not is_no_value(quantity, value)
