from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.engine.engine import Engine
from alerts.engine.watched_device import WatchedDevice
from alerts.finding import Condition, Finding
from alerts.rules.detector import HEARD, Detector, Profile, Scope, Window
from anhu.contract.observation import Event, Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

T0 = 1_795_300_000_000


class Listener(Detector):
    """Wakes an hour after motion and says whom it heard, for which flags."""

    name = "listener"
    kinds = ("trend",)
    reads = ("motion", HEARD)
    scope = Scope.RESIDENT

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.heard: dict[str, int] = {}
        self.rooms: list[str] = []
        self.due: int | None = None

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        return cls(profile)

    def update(self, window: Window) -> tuple[Finding, ...]:
        if window.quantity == HEARD:
            self.heard[window.device_id] = int(window.t_ms[-1])
        else:
            self.rooms.append(window.context)
            self.due = int(window.t_ms[-1]) + 3_600_000
        return ()

    def due_ms(self) -> int | None:
        return self.due

    def tick(self, now_ms: int) -> tuple[Finding, ...]:
        self.due = None
        said = [*sorted(self.heard), *sorted(self.profile.flags), *self.rooms]
        assert self.profile.report_period_s == 0
        return (Finding(",".join(said), Condition.PRESENT, now_ms, now_ms, 1.0, Priority.LOW),)

    def snapshot(self) -> dict[str, Any]:
        return {"due": self.due, "rooms": list(self.rooms)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.due, self.rooms = state["due"], list(state["rooms"])

    def shift(self, by_ms: int) -> None:
        del by_ms


def roster(*flags: str) -> list[WatchedDevice]:
    profile = Profile(flags=frozenset(flags), report_period_s=60)
    return [
        WatchedDevice("pir-1", "r-1", profile, enrolled_at_ms=T0, room="bathroom"),
        WatchedDevice("hub-1", "r-1", profile, enrolled_at_ms=T0),
    ]


def started(*flags: str) -> Engine:
    engine = Engine([Listener])
    engine.update_roster(roster(*flags))
    engine.feed(Reading("pir-1", "r-1", T0, (Event("motion", T0),)))
    engine.feed(Reading("hub-1", "r-1", T0 + 60_000, (Scalar("battery", 90.0, T0 + 60_000),)))
    return engine


def said(engine: Engine) -> list[str]:
    return [d.finding.kind for d in engine.advance(T0 + 4_000_000)]


def test_before_it_is_woken_it_is_told_which_devices_spoke() -> None:
    assert said(started("age_65")) == ["pir-1,age_65,bathroom"]


def test_a_changed_profile_reaches_it() -> None:
    engine = started("age_65")
    engine.update_roster(roster("dementia"))
    assert said(engine) == ["pir-1,dementia,bathroom"]


def test_its_profile_is_there_after_a_restart() -> None:
    second = Engine([Listener])
    second.update_roster(roster("age_65"))
    second.restore(started("age_65").snapshot())
    assert said(second) == ["hub-1,pir-1,age_65,bathroom"]


def test_a_device_that_left_is_no_longer_heard() -> None:
    engine = started("age_65")
    engine.update_roster([WatchedDevice("hub-1", "r-2", Profile(), enrolled_at_ms=T0)])
    assert said(engine) == ["pir-1,age_65,bathroom"]
