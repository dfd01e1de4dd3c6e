"""Beats, fibrillation and pauses on annotated ECG; nobody is judged by trees that were trained on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.ecg_outcomes import RhythmOutcome, RhythmStrip, outcome
from alerts.accuracy.ecg_recordings import recordings
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.detectors.ecg_rhythm import SUSPECTED, EcgRhythm
from alerts.signal.ecg.model import model_without, model_without_set
from alerts.signal.rhythm_answer import Rhythm

DETECTOR = EcgRhythm.name
_WEEK_H = 168.0
_NAMES = {"N": "normal", "A": "fibrillation", "O": "other rhythm", "~": "too noisy"}
_LEFT_OUT = {"person left out": Chosen.LEFT_OUT_PEOPLE, "set left out": Chosen.LEFT_OUT_SET}
_SHORT = "cinc2017"
_TUNED_ON = "mitdb"
"""The beat finder's level was set on half of its people."""


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return the figures of every set, as far as it is in the folder."""
    for way, chosen in _LEFT_OUT.items():
        for dataset, outcomes in _outcomes(folder, chosen).items():
            if dataset == _SHORT:
                yield from _whole(outcomes, way, chosen)
            else:
                yield from _strips(dataset, outcomes, way, chosen)
                yield from _alarms(dataset, outcomes, way, chosen)
            if chosen is Chosen.LEFT_OUT_PEOPLE:
                yield from _beats(dataset, outcomes)
                minutes = sum(60.0 * one.recording.hours for one in outcomes)
                cost = 1e6 * sum(one.seconds for one in outcomes) / minutes
                yield AccuracyRow(
                    dataset, "all", DETECTOR, "us_per_resident_minute", cost, round(minutes), chosen=Chosen.NOT_CHOSEN
                )


def _outcomes(folder: Path, chosen: Chosen) -> Mapping[str, Sequence[RhythmOutcome]]:
    found: dict[str, list[RhythmOutcome]] = defaultdict(list)
    for one in recordings(folder):
        if chosen is Chosen.LEFT_OUT_SET:
            trained = model_without_set(one.dataset)
        else:
            trained = model_without(f"{one.dataset}/{one.name}")
        found[one.dataset].append(outcome(one, trained))
    return found


def _beats(dataset: str, outcomes: Sequence[RhythmOutcome]) -> Iterator[AccuracyRow]:
    marked = [one for one in outcomes if one.beats.marked]
    chosen = Chosen.SAME_PEOPLE if dataset == _TUNED_ON else Chosen.LEFT_OUT_SET
    for one in marked:
        group = f"record {one.recording.name}"
        yield AccuracyRow(dataset, group, DETECTOR, "f1", one.beats.f1, one.beats.marked, chosen=chosen)
    found = [(one.recording.person, one.beats) for one in marked]
    columns = {
        "sensitivity": [PersonCount(who, b.found, b.marked) for who, b in found],
        "ppv": [PersonCount(who, b.found, b.found + b.invented) for who, b in found],
        "f1": [PersonCount(who, 2 * b.found, 2 * b.found + b.missed + b.invented) for who, b in found],
    }
    for metric, counts in columns.items():
        yield from _row(by_person(dataset, "beats", DETECTOR, metric, counts, chosen=chosen))


def _strips(dataset: str, outcomes: Sequence[RhythmOutcome], way: str, chosen: Chosen) -> Iterator[AccuracyRow]:
    strips = [strip for one in outcomes for strip in one.strips]
    told = [strip for strip in strips if strip.is_told]
    group = f"fibrillation per 30 s, {way}"
    yield from told_rows(dataset, group, told, chosen)
    yield from told_rows(dataset, f"{group}, withheld counted as no", strips, chosen)
    covered = [PersonCount(one.person, one.is_told, 1) for one in strips]
    yield from _row(by_person(dataset, group, DETECTOR, "coverage", covered, chosen=chosen))


def told_rows(dataset: str, group: str, strips: Sequence[RhythmStrip], chosen: Chosen) -> Iterator[AccuracyRow]:
    """Yield sensitivity, specificity and PPV of strips: whether fibrillation was said of each."""
    said = [(one.person, one.fibrillates, one.judged.said is Rhythm.FIBRILLATION) for one in strips]
    columns = {
        "sensitivity": [PersonCount(who, yes, 1) for who, truth, yes in said if truth],
        "specificity": [PersonCount(who, not yes, 1) for who, truth, yes in said if not truth],
        "ppv": [PersonCount(who, truth, 1) for who, truth, yes in said if yes],
    }
    for metric, counts in columns.items():
        yield from _row(by_person(dataset, group, DETECTOR, metric, counts, chosen=chosen))


def _alarms(dataset: str, outcomes: Sequence[RhythmOutcome], way: str, chosen: Chosen) -> Iterator[AccuracyRow]:
    told = [(one.recording.person, one.fibrillates, bool(one.raised(SUSPECTED))) for one in outcomes]
    group = f"fibrillation per recording, {way}"
    columns = {
        "sensitivity": [PersonCount(who, yes, 1) for who, truth, yes in told if truth],
        "specificity": [PersonCount(who, not yes, 1) for who, truth, yes in told if not truth],
    }
    for metric, counts in columns.items():
        yield from _row(by_person(dataset, group, DETECTOR, metric, counts, chosen=chosen))
    for kind in EcgRhythm.kinds:
        calm = [one for one in outcomes if kind != SUSPECTED or not one.fibrillates]
        counts = [
            PersonCount(one.recording.person, len(one.raised(kind)), one.recording.hours / _WEEK_H) for one in calm
        ]
        count = round(sum(one.amount for one in counts))
        yield from _row(
            by_person(
                dataset,
                f"{kind} raised, {way}",
                DETECTOR,
                "alarms_per_person_week",
                counts,
                chosen=chosen,
                cases=count,
            )
        )


def _a_week(one: RhythmOutcome, kind: str) -> PersonCount:
    return PersonCount(one.recording.person, len(one.raised(kind)), one.recording.hours / _WEEK_H)


def _whole(outcomes: Sequence[RhythmOutcome], way: str, chosen: Chosen) -> Iterator[AccuracyRow]:
    group = f"fibrillation per recording, {way.replace('person', 'recording')}"
    told = [(one.recording.person, one.recording.label == "A", bool(one.raised(SUSPECTED))) for one in outcomes]
    hits = sum(truth and yes for _, truth, yes in told)
    wrong = sum(truth != yes for _, truth, yes in told)
    if hits + wrong:
        f1 = 2 * hits / (2 * hits + wrong)
        yield AccuracyRow(_SHORT, group, DETECTOR, "f1", f1, len(told), chosen=chosen, people=len(told))
    columns = {
        "sensitivity": [PersonCount(who, yes, 1) for who, truth, yes in told if truth],
        "specificity": [PersonCount(who, not yes, 1) for who, truth, yes in told if not truth],
    }
    for metric, counts in columns.items():
        yield from _row(by_person(_SHORT, group, DETECTOR, metric, counts, chosen=chosen))
    for label, name in _NAMES.items():
        ones = [one for one in outcomes if one.recording.label == label]
        named = f"{name}, {way.replace('person', 'recording')}"
        read = [PersonCount(one.recording.person, any(s.is_told for s in one.strips), 1) for one in ones]
        yield from _row(by_person(_SHORT, named, DETECTOR, "coverage", read, chosen=chosen))
        if label != "A":
            calm = [PersonCount(one.recording.person, not one.raised(SUSPECTED), 1) for one in ones]
            yield from _row(by_person(_SHORT, named, DETECTOR, "specificity", calm, chosen=chosen))


def _row(row: AccuracyRow | None) -> Iterator[AccuracyRow]:
    if row is not None:
        yield row
