from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from alerts.detectors import discover, registry
from alerts.engine.engine import Engine
from alerts.finding import Condition, Finding
from alerts.rules.detector import Detector, Profile, Scope, Window
from anhu.contract.observation import Event, Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

T0 = 1_795_300_000_000


class Broken(Detector):
    """Fails at whatever it is given."""

    name = "broken"
    kinds = ("trend",)
    reads = ("sos", "heart_rate")

    @classmethod
    def for_profile(cls, profile: Profile) -> Detector:
        del profile
        return cls()

    def update(self, window: Window) -> tuple[Finding, ...]:
        raise RuntimeError(window.quantity)

    def snapshot(self) -> dict[str, Any]:
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        raise KeyError(str(state))

    def shift(self, by_ms: int) -> None:
        del by_ms


class Both(Broken):
    """Two devices of one resident say the same thing."""

    name = "both"
    scope = Scope.RESIDENT

    def __init__(self) -> None:
        self.devices: list[str] = []

    def update(self, window: Window) -> tuple[Finding, ...]:
        self.devices.append(window.device_id)
        if len(set(self.devices)) < 2:
            return ()
        t = int(window.t_ms[-1])
        return (Finding("trend", Condition.PRESENT, t, t, 1.0, Priority.LOW),)

    def snapshot(self) -> dict[str, Any]:
        return {"devices": list(self.devices)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.devices = list(state["devices"])


def test_a_broken_detector_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(registry([*discover(), Broken]))
    found = engine.feed(Reading("w-1", "r-1", T0, (Event("sos", T0),)))
    assert [d.finding.kind for d in found] == ["sos"]
    assert engine.counters()["detector_errors"] == 1
    assert "broken" in caplog.text


def test_a_detector_for_the_whole_resident_sees_all_devices_also_after_a_restart() -> None:
    first = Engine([Both])
    assert first.feed(Reading("w-1", "r-1", T0, (Scalar("heart_rate", 70.0, T0),))) == []
    second = Engine([Both])
    second.restore(first.snapshot())
    assert second.feed(Reading("w-2", "r-2", T0, (Scalar("heart_rate", 70.0, T0),))) == []
    [found] = second.feed(Reading("w-2", "r-1", T0, (Scalar("heart_rate", 70.0, T0),)))
    assert (found.resident_id, found.device_id, found.finding.kind) == ("r-1", "w-2", "trend")
