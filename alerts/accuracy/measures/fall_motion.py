"""Falls from acceleration on SisFall, WEDA-FALL and UMAFall; who is judged by a model trained on them is told apart."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.fall_sets import trials
from alerts.accuracy.fall_trials import FallTrial
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import EPOCH_MS, stream, windows
from alerts.detectors.fall_motion import FallMotion
from alerts.finding import Condition, Finding
from alerts.signal.fall.model import card, model, model_without

DETECTOR = FallMotion.name
_COST_MINUTES = 30
_ONLY = "only_"


@dataclass(frozen=True, slots=True)
class FallOutcome:
    """What the detector said about one trial.

    Attributes
    ----------
    alarms : int
        Suspected falls.
    delay_s : float
        From the hardest sample of the trial, or the marked start of the fall, to the first decision; NaN without. [s]
    seen : bool
        The model was trained on this person: the figure says nothing about strangers, and is told apart.
    """

    trial: FallTrial
    alarms: int
    delay_s: float
    seen: bool


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return the figures of every fall set in a folder, by age, position and activity, and what it costs."""
    kept: list[FallOutcome] = []
    crossed: dict[str, list[FallOutcome]] = defaultdict(list)
    for trial in trials(folder):
        kept.append(judged(trial, model_without(trial.dataset, trial.subject)))
        for name in _single_set_models(trial):
            crossed[name].append(judged(trial, name))
    for dataset in dict.fromkeys(one.trial.dataset for one in kept):
        members = [one for one in kept if one.trial.dataset == dataset]
        yield from _groups([one for one in members if not one.seen])
        for row in _groups([one for one in members if one.seen]):
            yield msgspec.structs.replace(row, group=f"{row.group}, seen in training")
    for name, outcomes in crossed.items():
        yield from _crossed(name, outcomes)
    if kept:
        yield from costs()


def judged(trial: FallTrial, model_name: str) -> FallOutcome:
    """Stream a trial through the production detector with one of the stored models."""
    detector = FallMotion(learned=model(model_name))
    pieces = windows("acceleration", trial.t_ms, trial.acc, position=trial.position)
    found = [f for f in stream(detector, pieces) if f.kind == "fall_suspected" and f.condition is Condition.PRESENT]
    seen = f"{trial.dataset}/{trial.subject}" in card()["models"][model_name]["trained_on"]
    return FallOutcome(trial, len(found), _delay_s(trial, found), seen)


def _delay_s(trial: FallTrial, found: Sequence[Finding]) -> float:
    if not found or not trial.is_fall:
        return float("nan")
    marked = trial.fall_s[0]
    hardest_s = float(trial.t_ms[int(np.linalg.norm(trial.acc, axis=1).argmax())]) / 1_000
    began_s = marked if np.isfinite(marked) else hardest_s
    return (found[0].decided_at_ms - EPOCH_MS) / 1_000 - began_s


def _single_set_models(trial: FallTrial) -> list[str]:
    """Return the models that were trained on one other set, and so never saw the like of a trial."""
    return [name for name in card()["models"] if name.startswith(_ONLY) and name != _ONLY + trial.dataset]


def _groups(outcomes: Sequence[FallOutcome]) -> Iterator[AccuracyRow]:
    grouped: dict[str, list[FallOutcome]] = defaultdict(list)
    for one in outcomes:
        grouped["all"].append(one)
        for group in (one.trial.age, one.trial.position, f"code {one.trial.code}"):
            if group:
                grouped[group].append(one)
    for group in sorted(grouped, key=lambda name: (name.startswith("code"), name != "all", name)):
        yield from figures(group, grouped[group])


def _crossed(name: str, outcomes: Iterable[FallOutcome]) -> Iterator[AccuracyRow]:
    grouped: dict[tuple[str, str], list[FallOutcome]] = defaultdict(list)
    for one in outcomes:
        grouped[one.trial.dataset, one.trial.position].append(one)
    for (_, position), members in grouped.items():
        yield from figures(f"{position}, trained on {name.removeprefix(_ONLY)}", members)


def figures(group: str, outcomes: Sequence[FallOutcome]) -> Iterator[AccuracyRow]:
    """Return sensitivity, delay and false alarms of some trials of one set."""
    dataset = outcomes[0].trial.dataset
    falls = [one for one in outcomes if one.trial.is_fall]
    calm = [one for one in outcomes if not one.trial.is_fall]
    if falls:
        hit = [one for one in falls if one.alarms]
        yield AccuracyRow(dataset, group, DETECTOR, "sensitivity", len(hit) / len(falls), len(falls))
        if hit:
            yield AccuracyRow(
                dataset, group, DETECTOR, "delay_s", float(np.median([one.delay_s for one in hit])), len(hit)
            )
    if calm:
        quiet = sum(not one.alarms for one in calm)
        per_hour = sum(one.alarms for one in calm) / sum(one.trial.hours for one in calm)
        yield AccuracyRow(dataset, group, DETECTOR, "specificity", quiet / len(calm), len(calm))
        yield AccuracyRow(dataset, group, DETECTOR, "false_alarms_per_hour", per_hour, len(calm))


def costs() -> Iterator[AccuracyRow]:
    """Return what a minute of one resident costs at 50 Hz, in windows of 1 s: at rest, and with a knock every 10 s."""
    rng = np.random.default_rng(0)
    t_ms = np.arange(60 * 50, dtype=np.int64) * 20
    acc = rng.normal(0.0, 0.05, (len(t_ms), 3)) + np.array([0.0, 0.0, 1.0])
    yield _cost("at rest, 50 Hz", t_ms, acc)
    acc[::500] *= 2.5
    yield _cost("a knock every 10 s, 50 Hz", t_ms, acc)


def _cost(group: str, t_ms: NDArray[np.int64], acc: NDArray[np.float64]) -> AccuracyRow:
    pieces = list(windows("acceleration", t_ms, acc, sampling_rate_hz=50.0, position="waist"))
    spent_s: list[float] = []
    for _ in range(_COST_MINUTES):
        detector = FallMotion()
        began = time.process_time()
        for piece in pieces:
            detector.update(piece)
        spent_s.append(time.process_time() - began)
    return AccuracyRow(
        "synthetic", group, DETECTOR, "us_per_resident_minute", float(np.median(spent_s)) * 1e6, _COST_MINUTES
    )
