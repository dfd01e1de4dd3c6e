"""Pulse and respiration rates, told or withheld, and false alarms, on BIDMC (in bed) and TROIKA (running, boxing)."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import counted
from alerts.accuracy.ppg_recordings import PpgRecording, recordings
from alerts.accuracy.risk_coverage import Answer
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import stream, windows
from alerts.detectors.ppg_pulse import PpgPulse
from alerts.finding import Condition, Finding
from alerts.rules.detector import Window
from alerts.signal.ppg.rate_tracker import Estimate
from alerts.signal.ppg.rates import BREATH_SURE, PULSE_SURE, STRIP_MS, read
from alerts.signal.ppg.stream import BLOCK_MS, STEP_OUT_MS, WINDOW_MS, Looked, PpgStream

DETECTOR = PpgPulse.name
_SILENCE_S = 120.0
_WEEK_MIN = 10_080.0
_PIECE_S = 1.0
_MONITOR_LAG_S = 5
"""A bedside monitor shows the mean of the last ten seconds or so. [s]"""
_PULSE, _MONITOR, _BREATH = "pulse", "pulse, monitor's PPG", "respiration"

Pairs = NDArray[np.float64]
"""Shape (n, 2): how wrong [/min], and how sure [-]; NaN where nothing was estimated, zero sure."""


@dataclass(frozen=True, slots=True)
class PulseOutcome:
    """Estimates of a recording beside the truth, question by question, and what the detector said."""

    recording: PpgRecording
    estimates: Mapping[str, Pairs]
    findings: list[Finding]
    seconds: float


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield the figures of both sets, as far as they are in the folder."""
    found: dict[str, list[PulseOutcome]] = defaultdict(list)
    for recording in recordings(folder):
        found[recording.dataset].append(outcome(recording))
    for dataset, outcomes in found.items():
        yield from _rates(dataset, outcomes)
        yield from _alarms(dataset, outcomes)
        minutes = sum(one.recording.minutes for one in outcomes)
        cost = 1e6 * sum(one.seconds for one in outcomes) / minutes
        yield AccuracyRow(dataset, "all", DETECTOR, "us_per_resident_minute", cost, round(minutes))


def answers(folder: Path) -> Iterator[Answer]:
    """Yield every estimate with its belief and its error, told or not; one that was not read cannot be told."""
    for recording in recordings(folder):
        for question, pairs in estimated(recording).items():
            for error, sure in pairs.tolist():
                confidence = sure if sure > 0 else float("nan")
                yield Answer(recording.dataset, question, DETECTOR, recording.person, confidence, error)


def outcome(recording: PpgRecording) -> PulseOutcome:
    """Stream a recording through the production detector, and through its parts to see the estimates."""
    estimates = estimated(recording)  # before anything is timed: the first loads SciPy's filters
    handed = list(pieces(recording))
    begun = time.process_time()
    findings = stream(PpgPulse(), iter(handed), silence_s=_SILENCE_S)
    seconds = time.process_time() - begun
    return PulseOutcome(recording, estimates, findings, seconds)


def estimated(recording: PpgRecording) -> Mapping[str, Pairs]:
    """Return every estimate beside the truth, question by question."""
    pulse, breath, _ = read(_looked(recording))
    ends_ms = range(WINDOW_MS, int(recording.t_ms[-1]) + 1, STEP_OUT_MS)
    found = {question: _beside(pulse, truth, ends_ms) for question, truth in _truths(recording).items()}
    if recording.breaths_s:
        ends_ms = range(STRIP_MS, int(recording.t_ms[-1]) + 1, BLOCK_MS)
        spans = [((end - STRIP_MS) / 1_000, end / 1_000) for end in ends_ms]
        truth = {end: recording.breath_rate(*span) for end, span in zip(ends_ms, spans, strict=True)}
        found[_BREATH] = _beside(breath, truth, ends_ms)
    return found


def _beside(estimates: Sequence[Estimate], truth: Mapping[int, float], ends_ms: Sequence[int]) -> Pairs:
    """Return how wrong and how sure the estimate of each window is whose truth is known. [ms]."""
    told = {e.t_ms: e for e in estimates}
    known = [end for end in ends_ms if np.isfinite(truth.get(end, np.nan))]
    rows = [(abs(told[end].rate - truth[end]), told[end].sure) if end in told else (0.0, 0.0) for end in known]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def pieces(recording: PpgRecording) -> Iterator[Window]:
    """Return the windows of a recording as a watch sends them: acceleration and PPG of the same second."""
    ppg = windows("ppg", recording.t_ms, recording.ppg, sampling_rate_hz=recording.rate_hz, position="wrist")
    if recording.acc is None:
        yield from ppg
        return
    acc = windows("acceleration", recording.t_ms, recording.acc, sampling_rate_hz=recording.rate_hz, position="wrist")
    for one, other in zip(acc, ppg, strict=True):
        yield from (one, other)


def _looked(recording: PpgRecording) -> Iterator[Looked]:
    reader = PpgStream()
    step = round(_PIECE_S * recording.rate_hz)
    for first in range(0, len(recording.t_ms), step):
        part = slice(first, first + step)
        if recording.acc is not None:
            yield from reader.feed_acc(recording.t_ms[part], recording.acc[part])
        yield from reader.feed(recording.t_ms[part], recording.ppg[part])
    yield from reader.flush()


def _truths(recording: PpgRecording) -> dict[str, dict[int, float]]:
    """Return the true rate of the window that ends at each time: by ECG, and by the monitor's PPG. [ms]."""
    if len(recording.ref_bpm):
        return {_PULSE: {WINDOW_MS + STEP_OUT_MS * k: float(rate) for k, rate in enumerate(recording.ref_bpm)}}
    return {_PULSE: _shown(recording.monitor_hr_bpm), _MONITOR: _shown(recording.monitor_bpm)}


def _shown(by_second: NDArray[np.float64]) -> dict[int, float]:
    starts = np.arange(len(by_second)) - WINDOW_MS // 1_000 + _MONITOR_LAG_S
    means = [by_second[max(0, a) : a + WINDOW_MS // 1_000] for a in starts]
    return {1_000 * k: float(np.nanmean(m)) for k, m in enumerate(means) if not np.isnan(m).all()}


def _rates(dataset: str, outcomes: Sequence[PulseOutcome]) -> Iterator[AccuracyRow]:
    """Yield the mean error of what is told, and how much is told."""
    for question in outcomes[0].estimates:
        errors, told = [], []
        for one in outcomes:
            pairs = one.estimates[question]
            sure = pairs[:, 1] >= (BREATH_SURE if question == _BREATH else PULSE_SURE)
            errors.append(PersonCount(one.recording.person, float(pairs[sure, 0].sum()), int(sure.sum())))
            told.append(PersonCount(one.recording.person, int(sure.sum()), len(pairs)))
        yield from counted(dataset, question, DETECTOR, "mae", errors)
        yield from counted(dataset, question, DETECTOR, "coverage", told)


def _alarms(dataset: str, outcomes: Sequence[PulseOutcome]) -> Iterator[AccuracyRow]:
    for kind in PpgPulse.kinds:
        counts = []
        for one in outcomes:
            raised = sum(f.kind == kind and f.condition is Condition.PRESENT for f in one.findings)
            counts.append(PersonCount(one.recording.person, raised, one.recording.minutes / _WEEK_MIN))
        yield from counted(dataset, kind, DETECTOR, "alarms_per_person_week", counts, of_amount=True)
