"""Fast weight gain in heart failure: fluid. Guidelines ask for a call at more than 2 kg in three days (ESC 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Condition, Evidence, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.threshold import with_limits
from alerts.rules.timers import caught_up
from alerts.rules.usable import usable_numbers
from alerts.time_shift import shifted
from anhu.contract.clock import DAY_MS, HOUR_MS, SECOND_MS
from anhu.contract.priority import Priority

_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Limits and persistence.

    Attributes
    ----------
    gain_kg, day_kg : float
        More than this against the lowest of the last three days, of the last day. [kg]
    other_kg : float
        Further from the last weight than this it is another person, or shoes and a bag. [kg]
    again_s : float
        A single reading waits this long for a second one. [s]
    apart_s : float
        Readings closer than this are one weighing. [s]
    """

    gain_kg: float = 2.0
    day_kg: float = 1.3
    other_kg: float = 6.0
    again_s: float = 86_400.0
    apart_s: float = 300.0


class WeightGain(Detector):
    """For residents with the flag ``heart_failure``, on one scale.

    The first reading that is too heavy asks for another one (`measure_again`); a second says it. If none comes within
    a day it is said as not measured again. Over one day the guideline's 1 kg is what a meal and clothes weigh, and
    scales err by 0.2 kg: 1.3 kg here. Everybody else is not watched: old people's weight varies by 1 kg a day.
    """

    name = "weight_gain"
    kinds = ("weight_gain", "measure_again")
    reads = ("weight",)

    def __init__(self, params: Params, *, watched: bool) -> None:
        self._params = params
        self._watched = watched
        self._kept: list[tuple[int, float]] = []
        self._asked: tuple[int, float, float] | None = None
        self._on_kg: float | None = None
        self._device_id = ""

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        """Make one; it watches those with heart failure only."""
        return cls(with_limits(Params(), profile, "weight_gain"), watched="heart_failure" in profile.flags)

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take weights."""
        if not self._watched:
            return ()
        self._device_id = window.device_id
        found: list[Finding] = []
        for t, kg in usable_numbers(window):
            found += caught_up(self, t)
            found += self._weigh(t, kg)
        return tuple(found)

    def _weigh(self, t: int, kg: float) -> list[Finding]:
        p, found = self._params, []
        if self._kept and t - self._kept[-1][0] < p.apart_s * SECOND_MS:
            return []
        if self._kept and abs(kg - self._kept[-1][1]) > p.other_kg and t - self._kept[-1][0] < 7 * DAY_MS:
            return []
        dry = self._dry_weight(t, kg)
        if self._on_kg is not None:
            if kg <= self._on_kg + p.gain_kg / 2:
                found.append(self._finding("weight_gain", t, t, kg, self._on_kg, condition=Condition.GONE))
                self._on_kg = None
        elif dry is not None:
            found += self._heavier(t, kg, dry)
        elif self._asked is not None:
            found.append(self._finding("measure_again", t, t, kg, self._asked[2], condition=Condition.GONE))
            self._asked = None
        self._kept.append((t, kg))
        del self._kept[:-_KEPT]
        return found

    def _dry_weight(self, t: int, kg: float) -> float | None:
        """Return the lowest recent weight that this one is too far above. [kg]."""
        p = self._params
        for days, limit in ((3, p.gain_kg), (1, p.day_kg)):
            since = t - days * DAY_MS - 6 * HOUR_MS
            lowest = min((w for at, w in self._kept if at >= since), default=kg)
            if kg - lowest > limit:
                return lowest
        return None

    def _heavier(self, t: int, kg: float, dry: float) -> list[Finding]:
        if self._asked is None:
            self._asked = (t, kg, dry)
            return [self._finding("measure_again", t, t, kg, dry)]
        asked_ms, _, dry = self._asked
        self._asked, self._on_kg = None, dry
        done = self._finding("measure_again", t, t, kg, dry, condition=Condition.GONE)
        return [done, self._finding("weight_gain", asked_ms, t, kg, dry)]

    def due_ms(self) -> int | None:
        """Return when a second reading has been waited for long enough. [ms]."""
        return None if self._asked is None else self._asked[0] + round(self._params.again_s * SECOND_MS)

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Say that nobody measured again. [ms]."""
        due = self.due_ms()
        if due is None or now_ms < due or self._asked is None:
            return ()
        at, kg, dry = self._asked
        self._asked, self._on_kg = None, dry
        done = self._finding("measure_again", at, due, kg, dry, condition=Condition.GONE)
        return done, self._finding("weight_gain", at, due, kg, dry, note="alert.note.not_measured_again")

    def _finding(
        self,
        kind: str,
        at_ms: int,
        decided_ms: int,
        kg: float,
        dry: float,
        *,
        condition: Condition = Condition.PRESENT,
        note: str = "",
    ) -> Finding:
        asks = kind == "measure_again"
        evidence = Evidence(
            features={"weight_kg": kg, "gain_kg": round(kg - dry, 2)},
            limits={"gain_kg": self._params.gain_kg},
            quantity="weight",
            device_id=self._device_id,
            start_ms=at_ms - 3 * DAY_MS,
            end_ms=decided_ms,
            note=note or ("alert.note.measure_again" if asks else ""),
        )
        priority = Priority.LOW if asks else Priority.MEDIUM
        return Finding(kind, condition, at_ms, decided_ms, 0.5 if asks or note else 1.0, priority, evidence)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "kept": [list(pair) for pair in self._kept],
            "asked": None if self._asked is None else list(self._asked),
            "on": self._on_kg,
            "device": self._device_id,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._kept = [(t, kg) for t, kg in state["kept"]]
        self._asked = None if state["asked"] is None else tuple(state["asked"])
        self._on_kg, self._device_id = state["on"], state["device"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._kept = [(shifted(t, by_ms), kg) for t, kg in self._kept]
        if self._asked is not None:
            asked_ms, kg, dry = self._asked
            self._asked = (shifted(asked_ms, by_ms), kg, dry)
