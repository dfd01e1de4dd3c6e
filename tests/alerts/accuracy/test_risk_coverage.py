"""Risk against coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.risk_coverage import Answer, risk_coverage, risk_curves, risk_file, risk_table

SURE = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
WRONG = np.array([0.0, 0.0, 1.0, 1.0, 3.0])
WHO = ["a", "a", "b", "b", "c"]


def test_the_surer_the_less_wrong() -> None:
    points = risk_coverage(SURE, WRONG, WHO, (0.4, 0.8, 1.0))
    assert [(p.coverage, p.confidence) for p in points] == [(0.4, 0.8), (0.8, 0.6), (1.0, 0.5)]
    assert [p.risk for p in points] == [0.0, 0.5, 1.0]
    assert [(p.worst, p.median, p.people) for p in points] == [(0.0, 0.0, 1), (1.0, 0.5, 2), (3.0, 1.0, 3)]


def test_cases_that_are_equally_sure_are_told_together() -> None:
    (point,) = risk_coverage(np.array([1.0, 1.0, 1.0, 0.0]), np.array([0.0, 3.0, 3.0, 0.0]), ["a"] * 4, (0.25, 0.5))
    assert (point.coverage, point.risk) == (0.75, 2.0)


def test_what_cannot_be_told_lowers_the_coverage_and_is_never_told() -> None:
    sure = np.array([1.0, np.nan, np.nan, np.nan])
    (point,) = risk_coverage(sure, np.array([2.0, 9.0, 9.0, 9.0]), ["a", "a", "b", "b"], (0.25, 0.5, 1.0))
    assert (point.coverage, point.risk, point.people) == (0.25, 2.0, 1)


def test_a_case_without_a_truth_is_no_case() -> None:
    (point,) = risk_coverage(np.array([1.0, 0.5]), np.array([2.0, np.nan]), ["a", "b"], (1.0,))
    assert (point.coverage, point.confidence) == (1.0, 1.0)


def test_nobody_gives_no_point() -> None:
    assert risk_coverage(np.empty(0), np.empty(0), []) == ()


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_each_question_has_its_curve_and_both_files_say_the_same(suffix: str, tmp_path: Path) -> None:
    cases = list(zip(WHO, SURE, WRONG, strict=True))
    answers = [Answer("set", group, "one", *case) for group in ("x", "y, z") for case in cases]
    curves = risk_curves(answers)
    assert [(c.group, c.cases) for c in curves] == [("x", 5), ("y, z", 5)]
    assert len(risk_table(curves).splitlines()) == 1 + 2 * 5
    file = tmp_path / f"curve{suffix}"
    file.write_bytes(risk_file(curves, suffix))
    if suffix == ".csv":
        lines = file.read_text("utf-8").splitlines()
        assert lines[0] == "dataset,group,detector,coverage,confidence,risk,worst,median,people"
        assert lines[-1] == 'set,"y, z",one,1.0,0.5,1.0,3.0,1.0,3'
    else:
        assert [len(one["points"]) for one in json.loads(file.read_bytes())] == [5, 5]
