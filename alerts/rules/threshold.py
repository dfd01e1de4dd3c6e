"""What all rules with limits share: one trigger per quantity, a resident's own limits, snapshots."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

import msgspec

from alerts.finding import Condition, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.one_of import one_of
from alerts.rules.rule import Rule
from alerts.rules.trigger import Trigger
from anhu.contract.clock import SECOND_MS

ParamsT = TypeVar("ParamsT", bound=Hashable)
CONFIRMED_CONTEXTS = frozenset({"confirmed", "symptoms"})
"""A reading's context that says a person looked at it: one such reading is enough."""


def with_limits(params: ParamsT, profile: Profile, kind: str) -> ParamsT:
    """Return the parameters with the resident's own limits in place: ``kind.field``."""
    if not profile.limits:
        return one_of(params)
    fields = dataclasses.fields(params)  # type: ignore[arg-type]  # every Params is a dataclass
    own = {f.name: profile.limits[key] for f in fields if (key := f"{kind}.{f.name}") in profile.limits}
    return one_of(dataclasses.replace(params, **own) if own else params)  # type: ignore[type-var]


def gap_ms(profile: Profile, usual_ms: int) -> int:
    """Return how far apart readings may be: a slow device's own period counts. [ms]."""
    return max(usual_ms, round(2.5 * profile.report_period_s * SECOND_MS))


class ThresholdDetector(Detector):
    """Numbers against limits: each rule has its own trigger, the kind is present while any of them is on.

    Parameters
    ----------
    rules : mapping
        Quantity -> the rules it is held against; all of one kind.
    """

    __slots__ = ("_device_id", "_triggers", "rules")

    def __init__(self, rules: Mapping[str, tuple[Rule, ...]]) -> None:
        self.rules = rules
        self._triggers: Mapping[str, tuple[Trigger, ...]] = {q: tuple(map(Trigger, some)) for q, some in rules.items()}
        self._device_id = ""

    def accepts(self, window: Window) -> bool:  # noqa: ARG002 - the default takes all
        """Tell whether a window counts at all; a rule may refuse a measuring site."""
        return True

    def update(self, window: Window) -> tuple[Finding, ...]:
        """Take the next numbers; return what is decided by now."""
        triggers = self._triggers.get(window.quantity, ())
        if not triggers or not self.accepts(window):
            return ()
        self._device_id = window.device_id
        confirmed = window.context in CONFIRMED_CONTEXTS
        found: list[Finding] = []
        columns = (window.t_ms.tolist(), window.values[:, 0].tolist(), window.quality.tolist())
        for t, value, quality in zip(*columns, strict=True):
            for trigger in triggers:
                decided = trigger.feed(t, value, quality, confirmed=confirmed)
                found += [self._told(f, window.quantity) for f in decided if self._is_news(f)]
        return tuple(found)

    def _is_news(self, finding: Finding) -> bool:
        """Tell whether to say it: a kind has not ended while another of its triggers is on."""
        return finding.condition is Condition.PRESENT or not any(trigger.is_on for trigger in self._all())

    def _told(self, finding: Finding, quantity: str) -> Finding:
        evidence = msgspec.structs.replace(finding.evidence, quantity=quantity, device_id=self._device_id)
        return msgspec.structs.replace(finding, evidence=evidence)

    def _all(self) -> Iterator[Trigger]:
        return chain.from_iterable(self._triggers.values())

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        """Decide about lone readings that nothing followed. [ms]."""
        found: list[Finding] = []
        for quantity, triggers in self._triggers.items():
            lone = (trigger.tick(now_ms) for trigger in triggers)
            found += [self._told(finding, quantity) for finding in lone if finding is not None]
        return tuple(found)

    def due_ms(self) -> int | None:
        """Return when `tick` is next wanted. [ms]."""
        return min((due for trigger in self._all() if (due := trigger.due_ms()) is not None), default=None)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        """Return the range of values that cannot matter now."""
        low, high = -math.inf, math.inf
        for trigger in self._triggers.get(quantity, ()):
            quiet = trigger.quiet
            if quiet is None:
                return None
            low, high = max(low, quiet[0]), min(high, quiet[1])
        return low, high

    def snapshot(self) -> dict[str, Any]:
        """Return the triggers' states."""
        states = {quantity: [t.snapshot() for t in triggers] for quantity, triggers in self._triggers.items()}
        return {"device": self._device_id, "triggers": states}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over the triggers' states."""
        self._device_id = state["device"]
        for quantity, triggers in self._triggers.items():
            for trigger, kept in zip(triggers, state["triggers"].get(quantity, ()), strict=False):
                trigger.restore(kept)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for trigger in self._all():
            trigger.shift(by_ms)
