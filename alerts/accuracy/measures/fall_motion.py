"""Falls from acceleration: each person by a model that never saw them, each set by one that saw none of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.development import Development
from alerts.accuracy.fall_sets import trials
from alerts.accuracy.fall_trials import FallTrial
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.accuracy.stream import EPOCH_MS, stream, windows
from alerts.detectors.fall_motion import FallMotion
from alerts.finding import Condition, Finding
from alerts.signal.fall.model import card, model, model_without, model_without_set

DETECTOR = FallMotion.name
NEW_PEOPLE: Final = ", new people"
SET_LEFT_OUT: Final = ", set left out"
_COST_MINUTES = 30


@dataclass(frozen=True, slots=True)
class FallOutcome:
    """What the detector said about one trial.

    Attributes
    ----------
    alarms : int
        Suspected falls.
    delay_s : float
        From the hardest sample of the trial, or the marked start of the fall, to the first decision; NaN without. [s]
    """

    trial: FallTrial
    alarms: int
    delay_s: float


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return the figures of every fall set in a folder, by age, position and activity, and what it costs."""
    kept: dict[str, list[FallOutcome]] = defaultdict(list)
    crossed: dict[str, list[FallOutcome]] = defaultdict(list)
    for trial in trials(folder):
        kept[trial.dataset].append(judged(trial, model_without(trial.dataset, trial.subject)))
        alone = model_without_set(trial.dataset)
        if alone in card()["models"]:
            crossed[trial.dataset].append(judged(trial, alone))
    for dataset, outcomes in kept.items():
        yield from _groups(outcomes, lambda one: ("all", one.age, one.position, f"code {one.code}"))
        yield from _groups(crossed[dataset], lambda one: (f"{one.position}{SET_LEFT_OUT}",))
    if kept:
        yield from costs()


def judged(trial: FallTrial, model_name: str) -> FallOutcome:
    """Stream a trial through the production detector with one of the stored models."""
    detector = FallMotion(learned=model(model_name))
    pieces = windows("acceleration", trial.t_ms, trial.acc, position=trial.position)
    found = [f for f in stream(detector, pieces) if f.kind == "fall_suspected" and f.condition is Condition.PRESENT]
    return FallOutcome(trial, len(found), _delay_s(trial, found))


def _delay_s(trial: FallTrial, found: Sequence[Finding]) -> float:
    if not found or not trial.is_fall:
        return float("nan")
    marked = trial.fall_s[0]
    hardest_s = float(trial.t_ms[int(np.linalg.norm(trial.acc, axis=1).argmax())]) / 1_000
    began_s = marked if np.isfinite(marked) else hardest_s
    return (found[0].decided_at_ms - EPOCH_MS) / 1_000 - began_s


def _groups(outcomes: Sequence[FallOutcome], named: Callable[[FallTrial], tuple[str, ...]]) -> Iterator[AccuracyRow]:
    """Yield the figures of each group, and beside them those of its people on whom nothing was ever chosen."""
    grouped: dict[str, list[FallOutcome]] = defaultdict(list)
    for one in outcomes:
        for group in filter(None, named(one.trial)):
            grouped[group].append(one)
    for group in sorted(grouped, key=lambda name: (name.startswith("code"), name != "all", name)):
        members = grouped[group]
        yield from figures(group, members)
        new = [one for one in members if _is_new(one.trial)]
        if 0 < len(new) < len(members) and not group.startswith("code"):
            yield from figures(group + NEW_PEOPLE, new)


def _is_new(trial: FallTrial) -> bool:
    return Development.read().claim(DETECTOR, trial.dataset, trial.person) is not Chosen.SAME_PEOPLE


def figures(group: str, outcomes: Sequence[FallOutcome]) -> Iterator[AccuracyRow]:
    """Return sensitivity, delay and false alarms of some trials of one set."""
    dataset = outcomes[0].trial.dataset
    whole_set = SET_LEFT_OUT in group
    people = {one.trial.person for one in outcomes}
    chosen = Development.read().claim_together(DETECTOR, dataset, people, whole_set=whole_set)
    judge = model_without_set(dataset) if whole_set else ""
    falls = [one for one in outcomes if one.trial.is_fall]
    calm = [one for one in outcomes if not one.trial.is_fall]
    hit = [one for one in falls if one.alarms]
    counted = {
        "sensitivity": [(one, float(one.alarms > 0), 1.0) for one in falls],
        "delay_s": [(one, one.delay_s, 1.0) for one in hit],
        "specificity": [(one, float(one.alarms == 0), 1.0) for one in calm],
        "false_alarms_per_hour": [(one, float(one.alarms), one.trial.hours) for one in calm],
    }
    for metric, several in counted.items():
        counts = [PersonCount(one.trial.person, amount, of) for one, amount, of in several]
        row = by_person(dataset, group, DETECTOR, metric, counts, chosen=chosen, cases=len(counts), model=judge)
        if row is not None:
            yield row


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
