"""Beats, fibrillation and pauses on annotated ECG; nobody is judged by trees that were trained on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import counted
from alerts.accuracy.ecg_outcomes import RhythmOutcome, RhythmStrip, outcome
from alerts.accuracy.ecg_recordings import recordings
from alerts.accuracy.risk_coverage import Answer
from alerts.accuracy.row import AccuracyRow
from alerts.detectors.ecg_rhythm import SUSPECTED, EcgRhythm
from alerts.signal.ecg.model import model_without, model_without_set
from alerts.signal.rhythm_answer import Rhythm, probability

DETECTOR = EcgRhythm.name
_WEEK_H = 168.0
_NAMES = {"N": "normal", "A": "fibrillation", "O": "other rhythm", "~": "too noisy"}
_SHORT = "cinc2017"
_EVEN = 0.5


class LeftOut(NamedTuple):
    """Who was left out of the models that judged.

    Attributes
    ----------
    way : str
        As the groups call it.
    model : str
        The one that judged everybody; empty for each by the one that never saw the person.
    is_set : bool
        Nobody of the set trained it.
    """

    way: str
    model: str = ""
    is_set: bool = False

    def rows(
        self, dataset: str, group: str, metric: str, counts: Sequence[PersonCount], *, of_amount: bool = False
    ) -> Iterator[AccuracyRow]:
        """Yield the figure of the people on whom nothing was chosen, and apart from it that of the others."""
        yield from counted(
            dataset,
            group,
            DETECTOR,
            metric,
            counts,
            of_amount=of_amount,
            model=self.model,
            whole_set=self.is_set,
        )


PERSON = LeftOut("person left out")


def set_of(model: str) -> LeftOut:
    """Return what a model stands for that saw nobody of a set."""
    return LeftOut("set left out", model, is_set=True)


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return the figures of every set, as far as it is in the folder."""
    for dataset, outcomes in _outcomes(folder, whole_sets=False).items():
        yield from _figures(dataset, outcomes, PERSON)
        yield from _beats(dataset, outcomes)
        minutes = sum(60.0 * one.recording.hours for one in outcomes)
        cost = 1e6 * sum(one.seconds for one in outcomes) / minutes
        yield AccuracyRow(dataset, "all", DETECTOR, "us_per_resident_minute", cost, round(minutes))
    for dataset, outcomes in _outcomes(folder, whole_sets=True).items():
        yield from _figures(dataset, outcomes, set_of(model_without_set(dataset)))


def answers(folder: Path) -> Iterator[Answer]:
    """Yield every strip with how sure it is either way, and whether that is wrong; unreadable: not told."""
    for dataset, outcomes in _outcomes(folder, whole_sets=False).items():
        for strip in (strip for one in outcomes for strip in one.strips):
            likely = probability(strip.judged.log_odds)
            confidence = max(likely, 1.0 - likely) if strip.judged.readable else float("nan")
            wrong = float(strip.fibrillates != (likely >= _EVEN))
            yield Answer(dataset, "fibrillation per 30 s", DETECTOR, strip.person, confidence, wrong)


def _outcomes(folder: Path, *, whole_sets: bool) -> Mapping[str, Sequence[RhythmOutcome]]:
    found: dict[str, list[RhythmOutcome]] = defaultdict(list)
    for one in recordings(folder):
        trained = model_without_set(one.dataset) if whole_sets else model_without(f"{one.dataset}/{one.name}")
        found[one.dataset].append(outcome(one, trained))
    return found


def _figures(dataset: str, outcomes: Sequence[RhythmOutcome], left_out: LeftOut) -> Iterator[AccuracyRow]:
    if dataset == _SHORT:
        yield from _whole(outcomes, left_out)
    else:
        yield from _strips(dataset, outcomes, left_out)
        yield from _alarms(dataset, outcomes, left_out)


def _beats(dataset: str, outcomes: Sequence[RhythmOutcome]) -> Iterator[AccuracyRow]:
    marked = [one for one in outcomes if one.beats.marked]
    for one in marked:
        group = f"record {one.recording.name}"
        yield AccuracyRow(dataset, group, DETECTOR, "f1", one.beats.f1, one.beats.marked)
    found = [(one.recording.person, one.beats) for one in marked]
    columns = {
        "sensitivity": [PersonCount(who, b.found, b.marked) for who, b in found],
        "ppv": [PersonCount(who, b.found, b.found + b.invented) for who, b in found],
        "f1": [PersonCount(who, 2 * b.found, 2 * b.found + b.missed + b.invented) for who, b in found],
    }
    for metric, counts in columns.items():
        yield from PERSON.rows(dataset, "beats", metric, counts)


def _strips(dataset: str, outcomes: Sequence[RhythmOutcome], left_out: LeftOut) -> Iterator[AccuracyRow]:
    strips = [strip for one in outcomes for strip in one.strips]
    told = [strip for strip in strips if strip.is_told]
    group = f"fibrillation per 30 s, {left_out.way}"
    yield from told_rows(dataset, group, told, left_out)
    yield from told_rows(dataset, f"{group}, withheld counted as no", strips, left_out)
    covered = [PersonCount(one.person, one.is_told, 1) for one in strips]
    yield from left_out.rows(dataset, group, "coverage", covered)


def told_rows(dataset: str, group: str, strips: Sequence[RhythmStrip], left_out: LeftOut) -> Iterator[AccuracyRow]:
    """Yield sensitivity, specificity and PPV of strips: whether fibrillation was said of each."""
    said = [(one.person, one.fibrillates, one.judged.said is Rhythm.FIBRILLATION) for one in strips]
    columns = {
        "sensitivity": [PersonCount(who, yes, 1) for who, truth, yes in said if truth],
        "specificity": [PersonCount(who, not yes, 1) for who, truth, yes in said if not truth],
        "ppv": [PersonCount(who, truth, 1) for who, truth, yes in said if yes],
    }
    for metric, counts in columns.items():
        yield from left_out.rows(dataset, group, metric, counts)


def _alarms(dataset: str, outcomes: Sequence[RhythmOutcome], left_out: LeftOut) -> Iterator[AccuracyRow]:
    told = [(one.recording.person, one.fibrillates, bool(one.raised(SUSPECTED))) for one in outcomes]
    group = f"fibrillation per recording, {left_out.way}"
    for metric, counts in _shares(told).items():
        yield from left_out.rows(dataset, group, metric, counts)
    for kind in EcgRhythm.kinds:
        calm = [one for one in outcomes if kind != SUSPECTED or not one.fibrillates]
        weeks = [
            PersonCount(one.recording.person, len(one.raised(kind)), one.recording.hours / _WEEK_H) for one in calm
        ]
        named = f"{kind} raised, {left_out.way}"
        yield from left_out.rows(dataset, named, "alarms_per_person_week", weeks, of_amount=True)


def _shares(told: Sequence[tuple[str, bool, bool]]) -> Mapping[str, Sequence[PersonCount]]:
    """Return what is counted of (person, fibrillates, said so)."""
    return {
        "sensitivity": [PersonCount(who, yes, 1) for who, truth, yes in told if truth],
        "specificity": [PersonCount(who, not yes, 1) for who, truth, yes in told if not truth],
    }


def _whole(outcomes: Sequence[RhythmOutcome], left_out: LeftOut) -> Iterator[AccuracyRow]:
    way = left_out.way.replace("person", "recording")
    told = [(one.recording.person, one.recording.label == "A", bool(one.raised(SUSPECTED))) for one in outcomes]
    both = [PersonCount(who, 2 * (truth and yes), truth + yes) for who, truth, yes in told]
    for metric, counts in {**_shares(told), "f1": both}.items():
        yield from left_out.rows(_SHORT, f"fibrillation per recording, {way}", metric, counts)
    for label, name in _NAMES.items():
        ones = [one for one in outcomes if one.recording.label == label]
        read = [PersonCount(one.recording.person, any(s.is_told for s in one.strips), 1) for one in ones]
        yield from left_out.rows(_SHORT, f"{name}, {way}", "coverage", read)
        if label != "A":
            calm = [PersonCount(one.recording.person, not one.raised(SUSPECTED), 1) for one in ones]
            yield from left_out.rows(_SHORT, f"{name}, {way}", "specificity", calm)
