"""Who changes what a detector decides gives it another version: else two that decide differently bear one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from alerts.detectors import discover
from alerts.detectors.spo2_low import Spo2Low
from alerts.finding import Finding
from alerts.rules.decided_by import model_digest
from alerts.rules.detector import Detector, Profile, Scope, Window
from alerts.versions import checked_versions
from tests.conformance.decisions import digest_of, every_version, kept

VERSIONS = every_version()


@pytest.mark.parametrize("name", VERSIONS)
def test_a_version_decides_what_it_always_decided(name: str) -> None:
    new = f"{name} is new: python -m tests.conformance.decisions"
    assert name in kept(), new
    changed = f"{name} decides otherwise, or asks another model: give it another version"
    assert digest_of(VERSIONS[name]) == kept()[name], changed


class Deafer(Spo2Low):
    """Takes every second window only, and forgot to say so."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - whatever its kind takes
        super().__init__(*given, **named)
        self._n = 0

    def update(self, window: Window) -> tuple[Finding, ...]:
        self._n += 1
        return super().update(window) if self._n % 2 else ()


class OtherModel(Spo2Low):
    """Decides the same, of another model."""

    models = ("ecg",)


@pytest.mark.parametrize("cls", [Deafer, OtherModel])
def test_a_change_without_another_version_is_found(cls: type[Detector]) -> None:
    assert digest_of(cls) != kept()[f"{cls.name} {cls.version}"]


def test_a_model_is_named_by_what_is_in_it() -> None:
    assert model_digest(()) == ""
    assert model_digest(("fall",)) != model_digest(("ecg",)) != ""


class Stranger(Spo2Low):
    """Of a detector that nobody released."""

    name = "stranger"
    version = 2


class Again(Spo2Low):
    """Bears the number of the released one."""


class Wider(Spo2Low):
    """Finds something else."""

    version = 2
    kinds = ("trend",)


class OfTheHome(Spo2Low):
    """Watches all devices together."""

    version = 2
    scope = Scope.RESIDENT


@pytest.mark.parametrize(
    ("cls", "said"),
    [(Stranger, "no released detector"), (Again, "stands twice"), (Wider, "differ"), (OfTheHome, "differ")],
)
def test_what_is_no_version_of_a_released_detector_stops_the_start(cls: type[Detector], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_versions([cls], discover())


def test_the_candidate_is_slower_where_it_says_so_and_nowhere_else() -> None:
    said: Mapping[str, type[Detector]] = {name: VERSIONS[name] for name in ("respiration_high 1", "respiration_high 2")}
    made = [cls.for_profile(Profile()) for cls in said.values()]
    assert [one.quiet_range("respiration_rate") for one in made] == [made[0].quiet_range("respiration_rate")] * 2
    assert kept()["respiration_high 1"] != kept()["respiration_high 2"]
