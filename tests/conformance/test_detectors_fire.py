"""Every detector fires when it must: the named cases, and nothing besides what they expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from alerts.detectors import discover
from alerts.limits import LIMITS, check_limit
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from tests.conformance.detector_cases import T0, Case
from tests.conformance.detector_streams import handed

DETECTORS = {cls.name: cls for cls in discover()}


def all_cases() -> Mapping[str, Sequence[Case]]:
    """Join the tables of cases: a detector's author may bring a file of one's own."""
    files = sorted(Path(__file__).parent.glob("detector_cases*.py"))
    tables = [import_module(f"tests.conformance.{file.stem}").CASES for file in files]
    return {name: cases for table in tables for name, cases in table.items()}


CASES = all_cases()


def test_every_detector_has_a_case_that_fires() -> None:
    fires = {name for name, cases in CASES.items() if any(case.expected for case in cases)}
    assert fires == set(DETECTORS)


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(name, case, id=f"{name}: {case.name}") for name, cases in CASES.items() for case in cases],
)
def test_it_says_what_the_case_expects_and_nothing_else(name: str, case: Case) -> None:
    found = handed(DETECTORS[name].for_profile(case.profile), case.windows, T0 + round(case.until_s * 1_000))
    said = [(f.kind, str(f.condition), Priority(f.priority).name, (f.decided_at_ms - T0) / 1_000) for f in found]
    assert said == list(case.expected)


def test_every_limit_of_the_table_belongs_to_a_rule() -> None:
    for name in LIMITS:
        kind, _, parameter = name.partition(".")
        module = import_module(DETECTORS[kind].__module__)
        assert parameter in module.Params.__dataclass_fields__, name


def test_a_limit_outside_its_bounds_is_refused() -> None:
    check_limit("heart_rate_high.high_bpm", 140)
    with pytest.raises(FieldError, match="90 to 220"):
        check_limit("heart_rate_high.high_bpm", 300)
    with pytest.raises(FieldError, match="name"):
        check_limit("heart_rate_high.nonsense", 100)
