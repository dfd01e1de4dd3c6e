"""Versions of one detector: the released one, one that decides sooner, and three that must be shut off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.finding import Condition, Finding
from alerts.rules.detector import Detector, Profile, Window
from alerts.rules.rule import Level, Rule
from alerts.rules.threshold import ThresholdDetector
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

T0 = 1_795_300_000_000


class Later(ThresholdDetector):
    """Says so after ten minutes above 120 /min."""

    name = "heart_rate_high"
    kinds = ("heart_rate_high",)
    reads = ("heart_rate",)
    hold_ms = 10 * MINUTE_MS
    limit_bpm = 120.0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        del profile
        rule = Rule(
            kind="heart_rate_high",
            feature="heart_rate_bpm",
            above=True,
            levels=(Level(Priority.MEDIUM, cls.limit_bpm, cls.hold_ms, 2),),
            clear=cls.limit_bpm - 10,
            clear_hold_ms=2 * MINUTE_MS,
            clear_readings=2,
            max_gap_ms=20 * MINUTE_MS,
        )
        return cls({"heart_rate": (rule,)})


class Hanging(Later):
    """Never comes back, whatever it is told."""

    version = 6

    def update(self, window: Window) -> tuple[Finding, ...]:
        del window
        while True:
            try:
                for _ in iter(int, 1):
                    pass
            except Exception:  # noqa: BLE001, S112 - that is what is wrong with it
                continue


class Sooner(Later):
    """Says so after three minutes above 110 /min."""

    version = 2
    hold_ms = 3 * MINUTE_MS
    limit_bpm = 110.0


class Unsound(Later):
    """Throws at whatever comes."""

    version = 3

    def update(self, window: Window) -> tuple[Finding, ...]:
        raise RuntimeError(window.quantity)

    def quiet_range(self, quantity: str) -> tuple[float, float] | None:
        return None if quantity else (0.0, 1.0)


class Flooding(Unsound):
    """Finds something in each message."""

    version = 4

    def update(self, window: Window) -> tuple[Finding, ...]:
        t = int(window.t_ms[-1])
        return (Finding("heart_rate_high", Condition.PRESENT, t, t, 1.0, Priority.LOW),)

    def snapshot(self) -> dict[str, Any]:
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        del state


def beats(values: list[float], start: int = 0, resident: str = "r-1", device: str = "w-1") -> list[Reading]:
    """A heart rate a minute. [/min]."""
    times = [T0 + (start + n) * MINUTE_MS for n in range(len(values))]
    return [Reading(device, resident, t, (Scalar("heart_rate", v, t),)) for t, v in zip(times, values, strict=True)]
