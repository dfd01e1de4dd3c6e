"""Pulse and respiration rates, and false alarms, on BIDMC and TROIKA. Nothing here is learned from either."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.ppg_recordings import PpgRecording, recordings
from alerts.accuracy.risk_coverage import Answer
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import stream, windows
from alerts.detectors.ppg_pulse import PpgPulse
from alerts.finding import Condition, Finding
from alerts.rules.detector import Window
from alerts.signal.ppg.rate_tracker import Estimate
from alerts.signal.ppg.rates import SURE, read
from alerts.signal.ppg.stream import STRIP_MS, Looked, PpgStream

DETECTOR = PpgPulse.name
_SILENCE_S = 120.0
_WEEK_MIN = 10_080.0
_PIECE_S = 1.0
_BREATH_STEP_MS = 8_000
_MONITOR_LAG_S = 5
"""A bedside monitor shows the mean of the last ten seconds or so. [s]"""


@dataclass(frozen=True, slots=True)
class PulseOutcome:
    """Estimates of a recording beside the truth: (error, sure) of each, and what the detector said."""

    recording: PpgRecording
    pulse: NDArray[np.float64]
    heart: NDArray[np.float64]
    breath: NDArray[np.float64]
    findings: list[Finding]
    seconds: float


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return the figures of both sets, as far as they are in the folder."""
    found: dict[str, list[PulseOutcome]] = defaultdict(list)
    for recording in recordings(folder):
        found[recording.dataset].append(outcome(recording))
    for dataset, outcomes in found.items():
        yield from _rates(dataset, outcomes)
        yield from _alarms(dataset, outcomes)
        minutes = sum(one.recording.minutes for one in outcomes)
        cost = 1e6 * sum(one.seconds for one in outcomes) / minutes
        yield AccuracyRow(dataset, "all", DETECTOR, "us_per_resident_minute", cost, round(minutes))


def outcome(recording: PpgRecording) -> PulseOutcome:
    """Stream a recording through the production detector, and through its parts to see the estimates."""
    pulse, breath, _ = read(_looked(recording))
    handed = list(pieces(recording))
    begun = time.process_time()
    findings = stream(PpgPulse(), iter(handed), silence_s=_SILENCE_S)
    seconds = time.process_time() - begun
    by_pulse, by_heart = (_errors(pulse, truth) for truth in _truths(recording))
    breaths = _breaths(recording, breath)
    return PulseOutcome(recording, by_pulse, by_heart, _table(breaths), findings, seconds)


def _breaths(recording: PpgRecording, estimates: Sequence[Estimate]) -> list[tuple[float, float]]:
    """Return (error, sure) of every 8 s with a known respiration rate; one that was not read is not sure."""
    told = {e.t_ms: e for e in estimates}
    end_ms = int(recording.t_ms[-1])
    pairs = []
    for t_ms in range(STRIP_MS, end_ms + 1, _BREATH_STEP_MS):
        true = recording.breath_rate((t_ms - STRIP_MS) / 1_000, t_ms / 1_000)
        near = [e for at, e in told.items() if abs(at - t_ms) < _BREATH_STEP_MS // 2]
        pairs.append((abs(near[0].rate - true), near[0].sure) if near else (0.0 * true, 0.0))
    return pairs


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


def _truths(recording: PpgRecording) -> Iterator[NDArray[np.float64]]:
    """Return the true rate of the window that ends at each second: by pulse or ECG, and by the monitor's ECG."""
    if len(recording.ref_bpm):
        by_second = np.full(2 * len(recording.ref_bpm) + 8, np.nan)
        by_second[8 : 8 + 2 * len(recording.ref_bpm) : 2] = recording.ref_bpm
        yield by_second
        yield np.empty(0)
        return
    for shown in (recording.monitor_bpm, recording.monitor_hr_bpm):
        starts = np.arange(len(shown)) - 8 + _MONITOR_LAG_S
        means = [shown[max(0, a) : a + 8] for a in starts]
        yield np.array([np.nan if np.isnan(m).all() else np.nanmean(m) for m in means])


def _errors(estimates: Sequence[Estimate], by_second: NDArray[np.float64]) -> NDArray[np.float64]:
    seconds = [round(e.t_ms / 1_000) for e in estimates]
    return _table(
        [(abs(e.rate - by_second[s]), e.sure) for e, s in zip(estimates, seconds, strict=True) if s < len(by_second)]
    )


def _table(pairs: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return table[np.isfinite(table[:, 0])]


def _rates(dataset: str, outcomes: Sequence[PulseOutcome]) -> Iterator[AccuracyRow]:
    names = {"bidmc": ("pulse, monitor's PPG", "pulse, monitor's ECG"), "troika": ("pulse, ECG", "")}[dataset]
    kinds = [(names[0], [one.pulse for one in outcomes])]
    if dataset == "bidmc":
        kinds += [(names[1], [one.heart for one in outcomes]), ("respiration", [one.breath for one in outcomes])]
    for name, tables in kinds:
        for one, table in zip(outcomes, tables, strict=True):
            yield from _accuracy(dataset, f"{name}, {one.recording.name}", [table], only_mae=True)
        yield from _accuracy(dataset, f"{name}, all windows", tables)


def _accuracy(
    dataset: str, group: str, tables: Sequence[NDArray[np.float64]], *, only_mae: bool = False
) -> Iterator[AccuracyRow]:
    """Return the mean error of the sure estimates, each recording counting the same, and their share."""
    whole = np.concatenate(list(tables))
    means = [table[table[:, 1] >= SURE, 0].mean() for table in tables if (table[:, 1] >= SURE).any()]
    if not means:
        return
    sure = whole[:, 1] >= SURE
    yield AccuracyRow(dataset, group, DETECTOR, "mae", float(np.mean(means)), int(sure.sum()))
    if not only_mae:
        yield AccuracyRow(dataset, group, DETECTOR, "coverage", float(sure.mean()), len(whole))


def _alarms(dataset: str, outcomes: Sequence[PulseOutcome]) -> Iterator[AccuracyRow]:
    weeks = sum(one.recording.minutes for one in outcomes) / _WEEK_MIN
    for kind in PpgPulse.kinds:
        raised = [f for one in outcomes for f in one.findings if f.kind == kind and f.condition is Condition.PRESENT]
        yield AccuracyRow(
            dataset, f"{kind} raised", DETECTOR, "alarms_per_person_week", len(raised) / weeks, len(raised)
        )


def answers(folder: Path) -> Iterator[Answer]:
    """Yield every estimate with its belief and its error, told or not; one that was not read cannot be told."""
    for recording in recordings(folder):
        one = outcome(recording)
        names = {"bidmc": "pulse, monitor's ECG", "troika": "pulse, ECG"}
        pulse = one.heart if recording.dataset == "bidmc" else one.pulse
        for group, estimates in ((names[recording.dataset], pulse), ("respiration", one.breath)):
            for error, sure in estimates.tolist():
                confidence = sure if sure > 0 else float("nan")
                yield Answer(recording.dataset, group, DETECTOR, recording.person, confidence, error)
