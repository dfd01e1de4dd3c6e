"""How many falls are found at how many false alarms: the whole curve of the learned stage, set by set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from alerts.accuracy.fall_sets import trials
from alerts.accuracy.fall_trials import FallTrial
from alerts.detectors.fall_motion import Params
from alerts.signal.fall.impact import ImpactGate
from alerts.signal.fall.model import judge, model, model_without

LIMITS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Scores at which the curve is read; 0.5 is the operating point."""


class CurvePoint(msgspec.Struct, frozen=True):
    """What one limit gives on the trials of one set and position.

    Attributes
    ----------
    score : float
        From here on an impact is taken for a fall. 0 to 1.
    sensitivity : float
        Share of falls with such an impact. 0 to 1.
    false_alarms_per_hour : float
        Activities with such an impact, per scripted hour. [1/h]
    falls : int
        How many falls the sensitivity rests on.
    """

    dataset: str
    position: str
    score: float
    sensitivity: float
    false_alarms_per_hour: float
    falls: int


def best_score(trial: FallTrial) -> float:
    """Return the highest score of a trial's impacts, by the model that never saw the person; 0 without any."""
    gate = ImpactGate(Params().gate_g)
    impacts = [*gate.feed(trial.t_ms, trial.acc.astype(np.float32)), *gate.flush()]
    learned = model(model_without(trial.dataset, trial.subject))
    return max((judge(impact, learned, trial.position).score for impact in impacts), default=0.0)


def curves(folder: Path) -> list[CurvePoint]:
    """Return the curve of every set and position in a folder."""
    grouped: dict[tuple[str, str], list[tuple[float, bool, float]]] = defaultdict(list)
    for trial in trials(folder):
        grouped[trial.dataset, trial.position].append((best_score(trial), trial.is_fall, trial.hours))
    points: list[CurvePoint] = []
    for (dataset, position), scores in grouped.items():
        falls = np.array([score for score, is_fall, _ in scores if is_fall])
        calm = np.array([score for score, is_fall, _ in scores if not is_fall])
        hours = sum(length for _, is_fall, length in scores if not is_fall)
        if not len(falls) or not hours:
            continue
        points += [
            CurvePoint(
                dataset, position, at, float((falls >= at).mean()), float((calm >= at).sum() / hours), len(falls)
            )
            for at in LIMITS
        ]
    return points


def curve_table(points: Sequence[CurvePoint]) -> str:
    """Return the curves as text: one line a set, position and score."""
    lines = [f"{'dataset':10} {'position':9} {'score':>6} {'sensitivity':>12} {'false alarms/h':>15}"]
    lines += [
        f"{p.dataset:10} {p.position:9} {p.score:6.2f} {100 * p.sensitivity:11.1f}% {p.false_alarms_per_hour:15.2f}"
        for p in points
    ]
    return "\n".join(lines)


def curve_file(points: Sequence[CurvePoint], suffix: str) -> bytes:
    """Return the curves as the content of a file: lines of CSV for ``.csv``, else JSON."""
    if suffix != ".csv":
        return msgspec.json.format(msgspec.json.encode(points), indent=1) + b"\n"
    lines = [",".join(CurvePoint.__struct_fields__)]
    lines += [",".join(map(str, msgspec.structs.astuple(point))) for point in points]
    return ("\n".join(lines) + "\n").encode()
