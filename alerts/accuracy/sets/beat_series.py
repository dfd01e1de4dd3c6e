"""Days of beat times through the interval stage: fibrillation per half minute, and alarms of people without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.accuracy import beat_series
from alerts.accuracy.beat_series import MARKED, STRIP_MS, WITHOUT, BeatDay, BeatStrip, beat_days
from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.ecg_outcomes import RhythmStrip
from alerts.accuracy.measures.ecg_rhythm import PERSON, LeftOut, set_of, told_rows
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import EPOCH_MS
from alerts.detectors.ecg_rhythm import KINDS, SUSPECTED, UNCLEAR, EcgRhythm
from alerts.finding import Condition, Finding
from alerts.rules.day_episodes import DayEpisodes
from alerts.rules.rhythm_watch import RhythmParams, RhythmWatch
from alerts.signal.interval_model import calibration, interval_model, model_without, model_without_set
from alerts.signal.judged_strip import JudgedStrip, RhythmJudge, judge_intervals

NAME = beat_series.NAME
DETECTORS = (EcgRhythm.name,)
_WEEK_H = 168.0
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """What was said of one person's day.

    Attributes
    ----------
    strips : sequence of RhythmStrip
        Half minutes.
    findings : sequence of Finding
        What is told of it.
    """

    day: BeatDay
    strips: Sequence[RhythmStrip]
    findings: Sequence[Finding]

    def raised(self, kind: str) -> Sequence[Finding]:
        """Return the alarms of a kind."""
        return [f for f in self.findings if f.kind == kind and f.condition is Condition.PRESENT]


def outcome(day: BeatDay, trained: str) -> DayOutcome:
    """Run a day through judge, votes and episodes as an ECG runs through them."""
    trees, judging = interval_model(trained), RhythmJudge(calibration(trained))
    watch, episodes = RhythmWatch(KINDS, RhythmParams(), "rr_interval", is_known=False), DayEpisodes()
    truth: dict[int, BeatStrip] = {}
    strips: list[RhythmStrip] = []
    findings: list[Finding] = []

    def take(judged: JudgedStrip) -> None:
        strip = truth.pop(judged.start_ms)
        strips.append(RhythmStrip(day.person, strip.fibrillates + strip.flutters >= _HALF, judged))
        findings.extend(episodes.over(judged.end_ms))
        if judged.readable:
            for found in watch.feed(judged, judged.end_ms, "recording"):
                findings.extend(episodes.feed(found))

    for strip in day.strips():
        start_ms = EPOCH_MS + strip.start_ms
        truth[start_ms] = strip
        stretch = start_ms, start_ms + STRIP_MS
        for judged in judging.feed(judge_intervals(stretch, EPOCH_MS + strip.beats_ms, strip.rr_ms, trees)):
            take(judged)
    for judged in judging.flush():
        take(judged)
    return DayOutcome(day, strips, findings)


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield the figures set by set, with everybody left out of the trees, and each set left out whole."""
    for is_set in (False, True):
        outcomes = [
            outcome(day, model_without_set(day.dataset) if is_set else model_without(day.person))
            for day in beat_days(folder)
        ]
        for dataset in (*MARKED, *WITHOUT):
            ours = [one for one in outcomes if one.day.dataset == dataset]
            if ours:
                left_out = set_of(model_without_set(dataset)) if is_set else PERSON
                yield from _rows(f"{NAME}/{dataset}", ours, left_out)


def _rows(dataset: str, outcomes: Sequence[DayOutcome], left_out: LeftOut) -> Iterator[AccuracyRow]:
    strips = [strip for one in outcomes for strip in one.strips]
    group = f"fibrillation per 30 s, {left_out.way}"
    for row in told_rows(dataset, group, [strip for strip in strips if strip.is_told], left_out):
        if row.metric != "ppv" or dataset.endswith(MARKED):
            yield row
    yield from left_out.rows(dataset, group, "coverage", [PersonCount(one.person, one.is_told, 1) for one in strips])
    for kind in (SUSPECTED, UNCLEAR):
        weeks = [PersonCount(one.day.person, len(one.raised(kind)), one.day.hours / _WEEK_H) for one in outcomes]
        named = f"{kind} raised, {left_out.way}"
        yield from left_out.rows(dataset, named, "alarms_per_person_week", weeks, of_amount=True)
    if dataset.endswith(MARKED):
        true = [PersonCount(one.day.person, _is_true(f, one), 1) for one in outcomes for f in one.raised(SUSPECTED)]
        yield from left_out.rows(dataset, f"{SUSPECTED} raised, {left_out.way}", "ppv", true)


def _is_true(finding: Finding, one: DayOutcome) -> bool:
    """Tell whether the atria fibrillated in any strip of the six that decided."""
    near = (s for s in one.strips if finding.at_ms <= s.judged.start_ms <= finding.decided_at_ms)
    return any(strip.fibrillates for strip in near)
