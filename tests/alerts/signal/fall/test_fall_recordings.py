"""The shipped excerpts of UMAFall, by the model that was never trained on UMAFall."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simulators.recordings
from alerts.accuracy.fall_sets.umafall import read
from alerts.accuracy.stream import stream, windows
from alerts.detectors.fall_motion import FallMotion
from alerts.finding import Finding
from alerts.signal.fall.model import card, model, model_without_set
from anhu.contract.priority import Priority

FOLDER = Path(simulators.recordings.__path__[0])
TRIALS = [
    trial
    for name in ("umafall_S05.npz", "umafall_S12.npz")
    for trial in read(dict(np.load(FOLDER / name)))
    if trial.position in {"waist", "wrist"}
]


def found(number: int, piece_ms: int = 1_000) -> list[Finding]:
    trial = TRIALS[number]
    pieces = windows("acceleration", trial.t_ms, trial.acc, position=trial.position, piece_ms=piece_ms)
    return stream(FallMotion(learned=model(model_without_set("umafall"))), pieces)


each_trial = pytest.mark.parametrize(
    "number", range(len(TRIALS)), ids=[f"{t.subject} {t.position} {t.code}" for t in TRIALS]
)


@each_trial
def test_a_recorded_activity_raises_nothing(number: int) -> None:
    if not TRIALS[number].is_fall:
        assert found(number) == []


@pytest.mark.parametrize(("position", "missed_at_most"), [("waist", 0), ("wrist", 1)])
def test_recorded_falls_are_found_with_their_evidence(position: str, missed_at_most: int) -> None:
    missed = 0
    for number in (i for i, t in enumerate(TRIALS) if t.is_fall and t.position == position):
        findings = found(number)
        missed += not findings
        for finding in findings:
            evidence = finding.evidence
            assert finding.kind == "fall_suspected"
            assert evidence.features["peak_g"] > evidence.limits["peak_g"]
            assert evidence.features["score"] == pytest.approx(finding.score, abs=1e-3)
            assert evidence.end_ms - evidence.start_ms == 6_500
    assert missed <= missed_at_most


def test_a_fall_at_the_waist_is_urgent_within_four_seconds() -> None:
    falls = [i for i, t in enumerate(TRIALS) if t.is_fall and t.position == "waist"]
    assert falls
    for number in falls:
        (finding,) = found(number)
        assert finding.priority is Priority.HIGH
        assert finding.decided_at_ms - finding.at_ms <= 4_000


@each_trial
def test_any_length_of_the_pieces_gives_the_same(number: int) -> None:
    assert found(number, 250) == found(number, 3_000) == found(number, 60_000)


def test_nobody_of_umafall_trained_the_model_that_is_asked_here() -> None:
    trained_on = card()["models"][model_without_set("umafall")]["trained_on"]
    assert trained_on
    assert not any(person.startswith("umafall") for person in trained_on)
