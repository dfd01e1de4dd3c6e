"""What the desk gets of falls, end to end: hours of activities in a row, falls after which somebody lies, or gets up.

The activities of a person follow each other as they were recorded, so a suspicion is followed by what the person did
next. A fall is followed by its own calmest two seconds again and again, for eleven minutes or for twenty seconds and
then the same person's walking. Where a person wore several sensors at once, two of them are heard together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.development import Development
from alerts.accuracy.fall_sets import trials
from alerts.accuracy.fall_trials import FallTrial
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import stream, windows
from alerts.detectors.fall_motion import FallMotion
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.second_sensor import NOTE, SecondSensor
from alerts.finding import Condition, Finding
from alerts.signal.fall.model import model, model_without

DETECTOR = FallMotion.name
KINDS: Final = FallMotion.kinds
WALKING: Final = {"sisfall": "D01", "weda_fall": "D01", "umafall": "Walking", "smartfallmm": "walking_or_TUG"}
_LIES_S, _UP_AFTER_S, _WALKS_S = 660.0, 20.0, 30.0
_BETWEEN_MS = 1_000
_CALM_S = 2.0
_PAIRS: Final = frozenset({"waist", "wrist", "pocket", "hip"})


class Worn(NamedTuple):
    """Everything of one sensor on one person."""

    dataset: str
    person: str
    position: str
    model: str
    trials: list[FallTrial]

    def heard(self, t_ms: NDArray[np.int64], acc: NDArray[np.float64]) -> list[Finding]:
        """Return what the desk is told, by the model that never saw the person."""
        pieces = windows("acceleration", t_ms, acc, position=self.position)
        found = stream(FallMotion(learned=model(self.model)), pieces, silence_s=0.0)
        return [one for one in found if one.condition is Condition.PRESENT]


class Count(NamedTuple):
    """One case of one group, for `by_person`."""

    group: str
    metric: str
    of: PersonCount


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Return what the desk gets, set by set."""
    sensors: dict[tuple[str, str], list[FallTrial]] = defaultdict(list)
    for trial in trials(folder):
        sensors[trial.person, trial.position].append(trial)
    worn = [
        Worn(ts[0].dataset, who, at, model_without(ts[0].dataset, ts[0].subject), ts)
        for (who, at), ts in sensors.items()
    ]
    for dataset in dict.fromkeys(one.dataset for one in worn):
        members = [one for one in worn if one.dataset == dataset]
        yield from _rows(dataset, [*_alone(members), *_together(members)])


def _rows(dataset: str, cases: Iterable[Count]) -> Iterator[AccuracyRow]:
    grouped: dict[tuple[str, str], list[PersonCount]] = defaultdict(list)
    for one in cases:
        grouped[one.group, one.metric].append(one.of)
    for (group, metric), counts in grouped.items():
        chosen = Development.read().claim_together(DETECTOR, dataset, {one.person for one in counts})
        row = by_person(dataset, group, DETECTOR, metric, counts, chosen=chosen)
        if row is not None:
            yield row


def _alone(members: Sequence[Worn]) -> Iterator[Count]:
    for one in members:
        calm = [trial for trial in one.trials if not trial.is_fall]
        if calm:
            t_ms, acc = in_a_row(calm)
            found = one.heard(t_ms, acc)
            hours = float(t_ms[-1] - t_ms[0]) / 3_600_000
            for kind in KINDS:
                told = sum(f.kind == kind for f in found)
                yield Count(f"{one.position}, session, {kind}", "false_alarms_per_hour", _of(one, told, hours))
        walking = [trial for trial in calm if trial.code == WALKING.get(one.dataset)]
        for trial in (trial for trial in one.trials if trial.is_fall):
            yield from _after_a_fall(one, trial, walking)


def _after_a_fall(one: Worn, trial: FallTrial, walking: Sequence[FallTrial]) -> Iterator[Count]:
    lies = {f.kind for f in one.heard(*followed(trial, lying(trial, _LIES_S)))}
    for kind in KINDS:
        yield Count(f"{one.position}, lies, {kind}", "sensitivity", _of(one, float(kind in lies), 1.0))
    if walking:
        step = walking[trial.number % len(walking)]
        up = np.concatenate([lying(trial, _UP_AFTER_S), _long_enough(step, _rate_hz(trial))])
        told = {f.kind for f in one.heard(*followed(trial, up))}
        if KINDS.suspicion in told:
            group = f"{one.position}, up and walks after 20 s, not told as {KINDS.fall}"
            yield Count(group, "specificity", _of(one, float(KINDS.fall not in told), 1.0))


def _together(members: Sequence[Worn]) -> Iterator[Count]:
    """Yield what two sensors that were worn at once tell: falls confirmed at once, true and false."""
    worn_by: dict[str, list[Worn]] = defaultdict(list)
    for one in members:
        if one.position in _PAIRS:
            worn_by[one.person].append(one)
    for several in worn_by.values():
        for a, b in combinations(several, 2):
            yield from _pair(a, b)


def _pair(a: Worn, b: Worn) -> Iterator[Count]:
    others = {trial.number: trial for trial in b.trials}
    group = f"{a.position} and {b.position}, fall at once"
    for trial in (trial for trial in a.trials if trial.number in others):
        at_once = float(_confirmed(a, trial, b, others[trial.number]))
        if trial.is_fall:
            yield Count(group, "sensitivity", _of(a, at_once, 1.0))
        else:
            yield Count(group, "false_alarms_per_hour", _of(a, at_once, trial.hours))


def _confirmed(a: Worn, of_a: FallTrial, b: Worn, of_b: FallTrial) -> bool:
    found = [
        ResidentFinding("r", one.position, finding)
        for one, trial in ((a, of_a), (b, of_b))
        for finding in one.heard(trial.t_ms, trial.acc)
    ]
    found.sort(key=lambda one: one.finding.decided_at_ms)
    return any(one.finding.evidence.note == NOTE for one in SecondSensor().pass_on(found, 0))


def _of(one: Worn, amount: float, of: float) -> PersonCount:
    return PersonCount(one.person, amount, of)


def in_a_row(several: Sequence[FallTrial]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return trials one after the other, a second apart."""
    t_ms: list[NDArray[np.int64]] = []
    start_ms = 0
    for trial in several:
        t_ms.append(trial.t_ms - trial.t_ms[0] + start_ms)
        start_ms = int(t_ms[-1][-1]) + _BETWEEN_MS
    return np.concatenate(t_ms), np.concatenate([trial.acc for trial in several])


def followed(trial: FallTrial, after: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a trial with samples after it, evenly spaced at its rate."""
    step_ms = 1_000 / _rate_hz(trial)
    t_ms = trial.t_ms[-1] + np.rint(np.arange(1, len(after) + 1) * step_ms).astype(np.int64)
    return np.concatenate([trial.t_ms, t_ms]), np.concatenate([trial.acc, after])


def lying(trial: FallTrial, lasts_s: float) -> NDArray[np.float64]:
    """Return the calmest two seconds after a trial's hardest sample, to and fro, for so long."""
    size = max(round(_CALM_S * _rate_hz(trial)), 1)
    length = np.linalg.norm(trial.acc, axis=1)
    first = min(int(length.argmax()), max(len(length) - size, 0))
    starts = range(first, max(len(length) - size, first) + 1, max(size // 4, 1))
    calmest = min(starts, key=lambda at: float(length[at : at + size].std()))
    still = trial.acc[calmest : calmest + size]
    there_and_back = np.concatenate([still, still[::-1]])
    repeats = int(lasts_s * _rate_hz(trial)) // len(there_and_back) + 1
    return np.tile(there_and_back, (repeats, 1))


def _long_enough(walk: FallTrial, rate_hz: float) -> NDArray[np.float64]:
    at_s = (walk.t_ms - walk.t_ms[0]) / 1_000
    wanted_s = np.arange(0.0, min(float(at_s[-1]), _WALKS_S), 1.0 / rate_hz)
    once: NDArray[np.float64] = np.stack([np.interp(wanted_s, at_s, axis) for axis in walk.acc.T], axis=1)
    return np.tile(once, (int(_WALKS_S * rate_hz) // max(len(once), 1) + 1, 1))


def _rate_hz(trial: FallTrial) -> float:
    return 1_000.0 * (len(trial.t_ms) - 1) / max(float(trial.t_ms[-1] - trial.t_ms[0]), 1.0)
