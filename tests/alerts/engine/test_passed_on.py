"""What rules learned of a device's former wearer is gone when the device is passed on, also over a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition, Finding
from alerts.rules.detector import Detector, Profile, Scope, Window
from anhu.contract.observation import Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

T0 = 1_795_300_000_000
MINUTE_MS = 60_000


class Learner(Detector):
    """Learns the highest value that it ever saw, and says it each time."""

    name = "learner"
    kinds = ("trend",)
    reads = ("heart_rate",)
    scope = Scope.DEVICE

    def __init__(self) -> None:
        self.highest = 0.0

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        del profile
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        self.highest = max(self.highest, float(window.values.max()))
        at_ms = int(window.t_ms[-1])
        return (Finding(f"{self.highest:.0f}", Condition.PRESENT, at_ms, at_ms, 1.0, Priority.LOW),)

    def due_ms(self) -> int | None:
        return None

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        del now_ms
        return ()

    def snapshot(self) -> dict[str, Any]:
        return {"highest": self.highest}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.highest = state["highest"]

    def shift(self, by_ms: int) -> None:
        del by_ms


def worn_by(resident_id: str, at_ms: int) -> list[WatchedDevice]:
    return [WatchedDevice("w", resident_id, Profile(), enrolled_at_ms=at_ms)]


def heard(engine: Engine, resident_id: str, at_ms: int, value: float) -> list[tuple[str, str]]:
    found = engine.feed(Reading("w", resident_id, at_ms, (Scalar("heart_rate", value, at_ms),)))
    return [(one.resident_id, one.finding.kind) for one in found]


def test_the_next_wearer_is_judged_by_nothing_of_the_former_one() -> None:
    engine = Engine([Learner])
    engine.update_roster(worn_by("r-a", T0))
    assert heard(engine, "r-a", T0, 150) == [("r-a", "150")]
    engine.update_roster(worn_by("r-b", T0 + MINUTE_MS))
    assert heard(engine, "r-b", T0 + MINUTE_MS, 70) == [("r-b", "70")]
    engine.update_roster(worn_by("r-a", T0 + 2 * MINUTE_MS))
    assert heard(engine, "r-a", T0 + 2 * MINUTE_MS, 80) == [("r-a", "80")], "nor when it comes back"


def test_nor_when_it_was_passed_on_while_nobody_watched() -> None:
    first = Engine([Learner])
    first.update_roster(worn_by("r-a", T0))
    heard(first, "r-a", T0, 150)
    second = Engine([Learner])
    second.update_roster(worn_by("r-b", T0 + MINUTE_MS))
    second.restore(first.snapshot())
    assert heard(second, "r-b", T0 + MINUTE_MS, 70) == [("r-b", "70")]
