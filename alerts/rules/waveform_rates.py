"""Limits for rates that the platform itself takes from a waveform; the same as for rates that a device reports."""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.finding import Finding
from alerts.limits import in_force
from alerts.rules.detector import Profile
from alerts.rules.rule import Level, Rule
from alerts.rules.trigger import Trigger
from anhu.contract.clock import MINUTE_MS
from anhu.contract.priority import Priority


def heart_rules(profile: Profile) -> tuple[Rule, Rule]:
    """Return the rules for a fast and a slow heart, after NEWS2 (RCP 2017), with the resident's own limits."""
    fast_high, fast_medium = (in_force(profile.limits, f"heart_rate_high.{level}_bpm") for level in ("high", "medium"))
    slow_high, slow_medium = (in_force(profile.limits, f"heart_rate_low.{level}_bpm") for level in ("high", "medium"))
    fast = (
        Level(Priority.MEDIUM, min(fast_medium, fast_high), 10 * MINUTE_MS, 2),
        Level(Priority.HIGH, fast_high, 5 * MINUTE_MS, 2),
    )
    slow = (
        Level(Priority.MEDIUM, max(slow_medium, slow_high), 10 * MINUTE_MS, 2),
        Level(Priority.HIGH, slow_high, 2 * MINUTE_MS, 2),
    )
    return (
        Rule(
            kind="heart_rate_high",
            feature="heart_rate_bpm",
            above=True,
            levels=fast,
            clear=min(109.0, fast_medium - 2, fast_high - 2),
            clear_hold_ms=10 * MINUTE_MS,
            clear_readings=2,
        ),
        Rule(
            kind="heart_rate_low",
            feature="heart_rate_bpm",
            above=False,
            levels=slow[1:] if "beta_blocker" in profile.flags else slow,
            clear=max(51.0, slow_high + 2),
            clear_hold_ms=5 * MINUTE_MS,
            clear_readings=2,
        ),
    )


def breath_rules(profile: Profile) -> tuple[Rule, Rule]:
    """Return the rules for fast and slow breathing taken from a pulse wave: MEDIUM, and only after five minutes."""
    fast = in_force(profile.limits, "respiration_high.high_per_min")
    slow = in_force(profile.limits, "respiration_low.high_per_min")
    return (
        Rule(
            kind="respiration_high",
            feature="respiration_per_min",
            above=True,
            levels=(Level(Priority.MEDIUM, fast, 5 * MINUTE_MS, 10),),
            clear=fast - 3.0,
            clear_hold_ms=5 * MINUTE_MS,
            clear_readings=2,
        ),
        Rule(
            kind="respiration_low",
            feature="respiration_per_min",
            above=False,
            levels=(Level(Priority.MEDIUM, slow, 5 * MINUTE_MS, 10),),
            clear=slow + 2.0,
            clear_hold_ms=5 * MINUTE_MS,
            clear_readings=2,
        ),
    )


class RateWatch:
    """Rates from a waveform against rules.

    Parameters
    ----------
    rules : tuple of Rule
        Each has a trigger of its own.
    quantity : str
        The waveform, for the evidence.
    """

    def __init__(self, rules: tuple[Rule, ...], quantity: str) -> None:
        self._triggers = tuple(map(Trigger, rules))
        self._quantity = quantity

    def feed(self, t_ms: int, rate: float, device_id: str) -> list[Finding]:
        """Take a rate of good quality. [ms, /min]."""
        found = [finding for trigger in self._triggers for finding in trigger.feed(t_ms, rate, 0)]
        return [self._told(finding, device_id) for finding in found]

    def _told(self, finding: Finding, device_id: str) -> Finding:
        evidence = msgspec.structs.replace(finding.evidence, quantity=self._quantity, device_id=device_id)
        return msgspec.structs.replace(finding, evidence=evidence)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [trigger.snapshot() for trigger in self._triggers]

    def restore(self, state: list[Any]) -> None:
        """Take over a state."""
        for trigger, kept in zip(self._triggers, state, strict=False):
            trigger.restore(kept)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        for trigger in self._triggers:
            trigger.shift(by_ms)
