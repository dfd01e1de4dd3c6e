"""Beats, fibrillation and pauses on MIT-BIH and CinC 2017; nobody is judged by trees that were trained on them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.beat_matching import BeatTally, matched
from alerts.accuracy.ecg_recordings import Recording, recordings
from alerts.accuracy.risk_coverage import Answer
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import stream, windows
from alerts.detectors.ecg_rhythm import EcgRhythm, Params
from alerts.finding import Condition, Finding
from alerts.signal.ecg.model import model, model_without
from alerts.signal.ecg.rhythm import JudgedStrip, RhythmJudge
from alerts.signal.ecg.stream import STRIP_MS, EcgStream
from alerts.signal.trees import Trees

DETECTOR = EcgRhythm.name
_SILENCE_S = 120.0
_WEEK_H = 168.0
_NAMES = {"N": "normal", "A": "fibrillation", "O": "other rhythm", "~": "too noisy"}


@dataclass(frozen=True, slots=True)
class RhythmOutcome:
    """What was found in a recording.

    Attributes
    ----------
    beats : BeatTally
        Found, missed, invented.
    strips : list of (bool, JudgedStrip)
        Whether the atria fibrillate, and what was said.
    findings : list of Finding
        What the detector said.
    seconds : float
        What the detector cost. [s]
    """

    recording: Recording
    beats: BeatTally
    strips: list[tuple[bool, JudgedStrip]]
    findings: list[Finding]
    seconds: float

    def raised(self, kind: str) -> list[Finding]:
        """Return the alarms of a kind."""
        return [f for f in self.findings if f.kind == kind and f.condition is Condition.PRESENT]


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return the figures of both sets, as far as they are in the folder."""
    for dataset, outcomes in _outcomes(folder).items():
        if dataset == "mitdb":
            yield from _beats(outcomes)
            yield from _strips(outcomes)
            yield from _alarms(outcomes)
        else:
            yield from _whole(outcomes)
        minutes = sum(60.0 * one.recording.hours for one in outcomes)
        cost = 1e6 * sum(one.seconds for one in outcomes) / minutes
        yield AccuracyRow(dataset, "all", DETECTOR, "us_per_resident_minute", cost, round(minutes))


def _outcomes(folder: Path) -> dict[str, list[RhythmOutcome]]:
    found: dict[str, list[RhythmOutcome]] = defaultdict(list)
    for recording in recordings(folder):
        trees = model(model_without(f"{recording.dataset}/{recording.name}"))
        found[recording.dataset].append(outcome(recording, trees))
    return found


def outcome(recording: Recording, trees: Trees) -> RhythmOutcome:
    """Stream a recording through the production detector, and through its parts to see beats and strips."""
    beats, judged = _parts(recording, trees)
    detector = EcgRhythm(trees=trees)
    pieces = windows("ecg", recording.t_ms, recording.lead_mv[:, None], sampling_rate_hz=recording.rate_hz)
    handed = list(pieces)
    begun = time.process_time()
    findings = stream(detector, iter(handed), silence_s=_SILENCE_S)
    seconds = time.process_time() - begun
    halves = [one for one in judged if one.end_ms - one.start_ms >= STRIP_MS // 2 or len(judged) == 1]
    strips = [(recording.fibrillates(one.start_ms, one.end_ms), one) for one in halves]
    return RhythmOutcome(recording, _tally(recording, beats), strips, findings, seconds)


def _parts(recording: Recording, trees: Trees) -> tuple[NDArray[np.float64], list[JudgedStrip]]:
    reader, judge = EcgStream(), RhythmJudge(trees)
    strips = [*reader.feed(recording.t_ms, recording.lead_mv), *reader.flush()]
    judged = [one for strip in strips for one in judge.feed(strip)]
    beats = np.concatenate([strip.beats_ms for strip in strips]) if strips else np.empty(0)
    return beats, [*judged, *judge.flush()]


def _tally(recording: Recording, beats: NDArray[np.float64]) -> BeatTally:
    def counted(times: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = [(times > start) & (times < end) for start, end in recording.flutters]
        return times[~np.any(inside, axis=0)] if inside else times

    return matched(counted(recording.beats_ms), counted(beats))


def _beats(outcomes: Sequence[RhythmOutcome]) -> Iterator[AccuracyRow]:
    for one in outcomes:
        group = f"record {one.recording.name}"
        yield AccuracyRow("mitdb", group, DETECTOR, "f1", one.beats.f1, one.beats.marked)
    yield from _tally_rows("mitdb", "beats", sum((one.beats for one in outcomes), BeatTally(0, 0, 0)))


def _tally_rows(dataset: str, group: str, tally: BeatTally) -> Iterator[AccuracyRow]:
    yield AccuracyRow(dataset, group, DETECTOR, "sensitivity", tally.sensitivity, tally.marked)
    yield AccuracyRow(dataset, group, DETECTOR, "ppv", tally.ppv, tally.found + tally.invented)
    yield AccuracyRow(dataset, group, DETECTOR, "f1", tally.f1, tally.marked)


def _strips(outcomes: Sequence[RhythmOutcome]) -> Iterator[AccuracyRow]:
    limit = Params().limit
    told = [(truth, one.readable, one.log_odds >= limit) for outcome in outcomes for truth, one in outcome.strips]
    read = [(truth, said) for truth, readable, said in told if readable]
    group = "fibrillation per 30 s, person left out"
    yield from _told(group, read)
    refused_as_no = [(truth, said and readable) for truth, readable, said in told]
    yield from _told("fibrillation per 30 s, unreadable counted as no", refused_as_no)
    yield AccuracyRow("mitdb", group, DETECTOR, "coverage", len(read) / len(told), len(told))


def _told(group: str, told: Iterable[tuple[bool, bool]], dataset: str = "mitdb") -> Iterator[AccuracyRow]:
    truth, said = np.array(list(told), dtype=bool).reshape(-1, 2).T
    counts = (("sensitivity", said[truth]), ("specificity", ~said[~truth]), ("ppv", truth[said]))
    for metric, cases in counts:
        if len(cases):
            yield AccuracyRow(dataset, group, DETECTOR, metric, float(cases.mean()), len(cases))


def _alarms(outcomes: Sequence[RhythmOutcome]) -> Iterator[AccuracyRow]:
    told = [(any(t for t, _ in one.strips), bool(one.raised("irregular_rhythm"))) for one in outcomes]
    yield from _told("fibrillation per recording, person left out", told)
    for kind in EcgRhythm.kinds:
        calm = [one for one in outcomes if kind != "irregular_rhythm" or not any(t for t, _ in one.strips)]
        weeks = sum(one.recording.hours for one in calm) / _WEEK_H
        count = sum(len(one.raised(kind)) for one in calm)
        yield AccuracyRow("mitdb", f"{kind} raised", DETECTOR, "alarms_per_person_week", count / weeks, count)


def _whole(outcomes: Sequence[RhythmOutcome]) -> Iterator[AccuracyRow]:
    told = [(one.recording.label == "A", bool(one.raised("irregular_rhythm"))) for one in outcomes]
    group = "fibrillation per recording, recording left out"
    yield from _told(group, told, "cinc2017")
    tally = BeatTally(
        sum(truth and said for truth, said in told),
        sum(truth and not said for truth, said in told),
        sum(said and not truth for truth, said in told),
    )
    yield AccuracyRow("cinc2017", group, DETECTOR, "f1", tally.f1, len(told))
    for label, name in _NAMES.items():
        ones = [one for one in outcomes if one.recording.label == label]
        if not ones:
            continue
        read = float(np.mean([any(judged.readable for _, judged in one.strips) for one in ones]))
        yield AccuracyRow("cinc2017", name, DETECTOR, "coverage", read, len(ones))
        if label != "A":
            calm = float(np.mean([not one.raised("irregular_rhythm") for one in ones]))
            yield AccuracyRow("cinc2017", name, DETECTOR, "specificity", calm, len(ones))


def answers(folder: Path) -> Iterator[Answer]:
    """Yield every strip with how far it is from the limit, and whether it was judged wrongly; unreadable: not told."""
    limit = Params().limit
    for outcomes in _outcomes(folder).values():
        for one in outcomes:
            for truth, judged in one.strips:
                confidence = abs(judged.log_odds - limit) if judged.readable else float("nan")
                wrong = float(truth != (judged.log_odds >= limit))
                person = one.recording.person
                yield Answer(one.recording.dataset, "fibrillation per 30 s", DETECTOR, person, confidence, wrong)
