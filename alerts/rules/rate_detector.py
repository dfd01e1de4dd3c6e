"""What the rules for a fast and a slow heart share: minutes that can be a heart's, held against the resident's own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from alerts.finding import Finding
from alerts.rules.detector import Window
from alerts.rules.one_of import one_of
from alerts.rules.own_rate import OwnRate
from alerts.rules.rule import Rule
from alerts.rules.silence import Silence
from alerts.rules.threshold import CONFIRMED_CONTEXTS, ThresholdDetector
from alerts.rules.trigger import UNUSABLE, Trigger
from alerts.signal.minute_rate import MinuteRate
from anhu.contract.observation import Quality

RATES = ("heart_rate", "pulse_rate")
_POOR = int(Quality.DEVICE_POOR)
_KEPT = 16_384
_AT = {quantity: i for i, quantity in enumerate(RATES)}
_NO_MINUTES: tuple[MinuteRate | None, ...] = (None,) * len(RATES)
_NO_TRIGGERS: Mapping[str, tuple[Trigger, ...]] = MappingProxyType({})
_EACH = 12
"""The own limits are made anew with so many more values: an hour."""


class RateDetector(ThresholdDetector):
    """Readings become minutes, a minute that no heart has is left out, and the limits follow the resident's own days.

    A reading that a person confirmed, or that comes with symptoms, is taken as it is.

    Parameters
    ----------
    widest : Rule
        With the limits that no own limit is stricter than: what lies within cannot matter.
    period_s : float
        How often the device reports; 0 when that is not known. [s]
    """

    noted = True
    reads: ClassVar[tuple[str, ...]] = RATES
    __slots__ = ("_doubts", "_limits", "_made_of", "_minutes", "_own", "_period_s")

    def __init__(self, widest: Rule, period_s: float) -> None:
        super().__init__(_both(one_of(widest)))
        self._period_s = period_s
        self._minutes: tuple[MinuteRate | None, ...] = _NO_MINUTES
        self._own = OwnRate()
        self._made_of = 0
        self._limits: tuple[float, ...] = ()
        self._doubts = False
        self._refresh(force=True)

    @property
    def _widest(self) -> Rule:
        (widest,) = self.rules[RATES[0]]
        return widest

    @abstractmethod
    def _own_limits(self, own: OwnRate) -> tuple[float, ...]:
        """Return the limits by what is known; as many values as `_rule` takes."""

    @abstractmethod
    def _rule(self, limits: tuple[float, ...]) -> Rule:
        """Return the rule with own limits."""

    def _is_excused(self, quantity: str, t_ms: int, value: float) -> bool:  # noqa: ARG002 - the default excuses none
        """Tell whether a minute beyond the limit has a reason that is no illness."""
        return False

    def _refresh(self, *, force: bool = False) -> None:
        """Make the limits anew, unless something is going on."""
        if not force and self._own.n - self._made_of < _EACH and self._own.n >= self._made_of:
            return
        if any(trigger.quiet is None for trigger in self._all()):
            return
        self._made_of = self._own.n
        limits = self._own_limits(self._own)
        if force or limits != self._limits:
            self._take_limits(limits)

    def _take_limits(self, limits: tuple[float, ...]) -> None:
        self._limits = one_of(limits)
        self._triggers = _NO_TRIGGERS

    def _trigger(self, quantity: str) -> Trigger:
        """Return the trigger of a quantity, made when something first comes that is not usual: few need one."""
        kept = self._triggers.get(quantity)
        if kept is None:
            kept = (Trigger(one_of(self._rule(self._limits))),)
            self._triggers = {**self._triggers, quantity: kept}
        return kept[0]

    def _minutes_of(self, quantity: str) -> MinuteRate:
        at = _AT[quantity]
        kept = self._minutes[at]
        if kept is None:
            kept = MinuteRate(self._period_s)
            self._minutes = tuple(kept if i == at else one for i, one in enumerate(self._minutes))
        return kept

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next readings; return what is decided by now."""
        if window.quantity not in RATES:
            return ()
        self._device_id = window.device_id
        confirmed = window.context in CONFIRMED_CONTEXTS
        found: list[Finding] = []
        columns = (window.t_ms.tolist(), window.values[:, 0].tolist(), window.quality.tolist())
        for t, value, quality in zip(*columns, strict=True):
            if quality & UNUSABLE or value != value:  # noqa: PLR0124 - NaN is not itself
                continue
            decided = self._reading(window.quantity, t, value, quality, confirmed=confirmed)
            found += [self._told(f, window.quantity) for f in decided if self._is_news(f)]
        return tuple(found)

    def _reading(self, quantity: str, t: int, value: float, quality: int, *, confirmed: bool) -> tuple[Finding, ...]:
        trigger = self._trigger(quantity)
        if confirmed or quality & _POOR:
            return trigger.feed(t, value, quality, confirmed=confirmed)
        minutes = self._minutes_of(quantity)
        minute = minutes.take(t, value)
        if minute is None:
            return ()
        self._refresh()
        trigger = self._trigger(quantity)
        self._doubts = self._is_beyond(minute) and (minutes.is_rough(self._is_beyond) or minutes.has_holes())
        if self._doubts or (self._is_beyond(minute) and self._is_excused(quantity, t, minute)):
            trigger.forget()
            return ()
        if self._is_beyond(minute) and minutes.is_frozen():
            self._doubts = True
            return ()
        if not trigger.is_on:
            self._own.note(t, minute)
        return trigger.feed(t, minute, quality)

    def _is_beyond(self, value: float) -> bool:
        limit = self._widest.levels[0].limit
        return value >= limit if self._widest.above else value <= limit

    def note(self, quantity: str, t_ms: int, value: float) -> bool:
        """Take a usual reading: it counts for what is usual, and for the minutes before something happens. [ms]."""
        minutes = self._minutes[_AT[quantity]] or self._minutes_of(quantity)
        closes = minutes.closes(t_ms, value)
        if self._doubts or (closes is not None and self._is_beyond(closes)):
            return False
        minute = minutes.take(t_ms, value)
        if minute is not None:
            self._own.note(t_ms, minute)
        return True

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Return the range of values that cannot matter now: within the limits that no own one is stricter than."""
        for trigger in self._triggers.get(quantity, ()):
            if trigger.quiet is None:
                return None
        limit = self._widest.levels[0].limit
        return (float("-inf"), limit) if self._widest.above else (limit, float("inf"))

    @property
    def silence(self) -> Silence:
        """Whether the sensor is doubted just now."""
        return Silence.DOUBT if self._doubts else Silence.NONE

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        minutes = {RATES[i]: one.snapshot() for i, one in enumerate(self._minutes) if one is not None}
        own = {"own": self._own.snapshot(), "made_of": self._made_of, "limits": list(self._limits)}
        return super().snapshot() | own | {"minutes": minutes, "doubts": self._doubts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state; one that was kept before limits were learned knows nothing usual yet."""
        if "own" in state:
            self._own.restore(state["own"])
            self._made_of, self._doubts = state["made_of"], state["doubts"]
            self._take_limits(tuple(state["limits"]))
            for quantity, kept in state["minutes"].items():
                if kept[0]:  # else none has come yet
                    self._minutes_of(quantity).restore(kept)
        for quantity, (kept,) in state["triggers"].items():
            if any(kept[:3]):  # else it was made for nothing yet
                self._trigger(quantity)
        super().restore(state)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        super().shift(by_ms)
        self._own.shift(by_ms)
        for one in self._minutes:
            if one is not None:
                one.shift(by_ms)


@lru_cache(maxsize=_KEPT)
def _both(widest: Rule) -> Mapping[str, tuple[Rule, ...]]:
    """Return the rule of both rates: one table for all who have the same limits."""
    return dict.fromkeys(RATES, (widest,))
