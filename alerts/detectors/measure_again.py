"""A spot check that does not fit: ask for a second reading before anybody is alarmed.

Source: of false alerts in heart-failure telemonitoring of people of 83, 54 % were measured wrongly; guidelines for
blood pressure at home ask for a second reading after rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.threshold import CONFIRMED_CONTEXTS, with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_numbers
from alerts.signal.trend import centre_and_spread
from alerts.time_shift import all_shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority

_SURFACE_SITES = frozenset({"skin", "wrist", "forehead", "finger"})
_OFTEN_S = 1_800.0
_KEPT = 20
_LEAST = 6


class Usual(NamedTuple):
    """Outside this band for everybody, or this far from the own median. [the quantity's unit]."""

    low: float
    high: float
    floor: float


USUAL: Mapping[str, Usual] = MappingProxyType(
    {
        "systolic_pressure": Usual(90.0, 180.0, 8.0),
        "diastolic_pressure": Usual(45.0, 110.0, 6.0),
        "body_temperature": Usual(35.0, 39.1, 0.6),
        "spo2": Usual(91.0, 101.0, 1.5),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and spans.

    Attributes
    ----------
    spreads : float
        This many robust standard deviations from the resident's own median is an outlier.
    wait_s : float
        A request that nobody follows ends after this. [s]
    """

    spreads: float = 4.0
    wait_s: float = 3_600.0


class MeasureAgain(Detector):
    """Low and at once; over with the next reading, whatever it says: then the rules with two readings decide.

    For cuffs, thermometers and oximeters that are used now and then; a device that measures by itself will do so
    again. The median is that of the last twenty readings.
    """

    name = "measure_again"
    kinds = ("measure_again",)
    reads = tuple(USUAL)

    def __init__(self, params: Params, *, spot: bool) -> None:
        self._params = params
        self._spot = spot
        self._kept: dict[str, list[float]] = {}
        self._asked: dict[str, int] = {}
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one; it asks where the resident measures, not the device."""
        spot = not 0 < profile.report_period_s <= _OFTEN_S
        return cls(with_limits(Params(), profile, "measure_again"), spot=spot)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take spot checks."""
        if not self._spot or window.context in _SURFACE_SITES:
            return ()
        self._device_id = window.device_id
        found: list[Finding] = []
        for t, value in usable_numbers(window):
            found += caught_up(self, t)
            if window.quantity in self._asked:
                asked_ms = self._asked.pop(window.quantity)
                if not self._asked:
                    found.append(self._finding(window.quantity, asked_ms, t, {"today_value": value}, {}, gone=True))
            elif window.context not in CONFIRMED_CONTEXTS:
                found += self._judge(window.quantity, t, value)
            kept = self._kept.setdefault(window.quantity, [])
            kept.append(value)
            del kept[:-_KEPT]
        return tuple(found)

    def _judge(self, quantity: str, t: int, value: float) -> list[Finding]:
        usual, kept = USUAL[quantity], self._kept.get(quantity, [])
        low, high = usual.low, usual.high
        features = {"today_value": value}
        if len(kept) >= _LEAST:
            centre, spread = centre_and_spread(kept, usual.floor)
            away = self._params.spreads * spread
            low, high = max(low, centre - away), min(high, centre + away)
            features["usual"] = centre
        if low < value < high:
            return []
        self._asked[quantity] = t
        return [self._finding(quantity, t, t, features, {"today_value": low if value <= low else high})]

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:  # noqa: ARG002 - all or none
        """Return everything for a device that measures by itself, and nothing for one that is used now and then."""
        return None if self._spot else (-math.inf, math.inf)

    def due_ms(self) -> int | None:
        """Return when the first request has waited long enough. [ms]."""
        first = min(self._asked.values(), default=None)
        return None if first is None else first + round(self._params.wait_s * SECOND_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Take a request back that nobody followed. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due:
            return ()
        quantity = min(self._asked, key=lambda code: self._asked[code])
        asked_ms = self._asked.pop(quantity)
        return () if self._asked else (self._finding(quantity, asked_ms, due, {}, {}, gone=True),)

    def _finding(
        self,
        quantity: str,
        at_ms: int,
        decided_ms: int,
        features: dict[str, float],
        limits: dict[str, float],
        *,
        gone: bool = False,
    ) -> Finding:
        evidence = Evidence(
            features=features,
            limits=limits,
            quantity=quantity,
            device_id=self._device_id,
            start_ms=at_ms,
            end_ms=decided_ms,
            note="" if gone else "alert.note.measure_again",
        )
        condition = Condition.GONE if gone else Condition.PRESENT
        return Finding("measure_again", condition, at_ms, decided_ms, 0.5, Priority.LOW, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        kept = {quantity: list(values) for quantity, values in self._kept.items()}
        return {"kept": kept, "asked": dict(self._asked), "device": self._device_id}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._kept = {quantity: list(values) for quantity, values in state["kept"].items()}
        self._asked, self._device_id = dict(state["asked"]), state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._asked = all_shifted(self._asked, by_ms)
