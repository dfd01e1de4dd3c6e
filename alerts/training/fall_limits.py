"""Operating points of fall detection, read off people whom the trees in question did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.signal.fall.model import PARTS, SLIDE, part_of
from alerts.signal.motion import Float
from alerts.signal.trees import Trees
from alerts.training.fall_candidates import RECORDED, SOFT, Candidates, teaches

GOALS: Final = {"trunk": (0.02, 0.5), "limb": (0.08, 3.0)}
"""Share of falls that may be missed, and false alarms per scripted hour, that weigh the same."""
SOFTLY: Final = {"trunk": 0.5, "limb": 0.0}
"""How far a limit goes from what falls as recorded ask for to what slower, softer ones ask for.

At the trunk half way: the old fall softly, and the young turn in bed hard. A soft fall of a wrist looks like anything.
"""
SLIDES_PER_HOUR: Final = 0.25
"""False alarms without a knock, of activities as they were recorded and slower and softer. [1/h]"""
NOT_ASKED: Final = frozenset({"ankle"})
"""What a sensor there would ask for would make all others blind; below the knee nobody should rely on it."""
NOTHING: Final = -50.0
_POINTS: Final = np.arange(-6.0, 8.0, 0.02)
_ALIKE: Final = 1.1
_AT_ONCE: Final = 256


class Score(NamedTuple):
    """What trees say of a trial of somebody whom they did not see: the highest log-odds of its knocks, its slides."""

    person: str
    position: str
    kind: str
    is_fall: bool
    hours: float
    knock: float
    slide: float


def scored(group: Sequence[Candidates], trees: Mapping[str, Trees]) -> list[Score]:
    """Return the scores of trials as they were recorded, and slower and softer."""
    asked = [one for one in group if one.kind in (RECORDED, SOFT) and teaches(one)]
    found: list[Score] = []
    for part in PARTS:
        own = [one for one in asked if part_of(one.trial.position) == part]
        knocks, slides = (highest([getattr(one, of) for one in own], trees[part]) for of in ("rows", "slides"))
        for one, knock, slide in zip(own, knocks, slides, strict=True):
            trial = one.trial
            found.append(Score(trial.person, trial.position, one.kind, trial.is_fall, trial.hours, knock, slide))
    return found


def highest(several: Sequence[Float], trees: Trees) -> list[float]:
    """Return the highest log-odds among the rows of each of several arrays; `NOTHING` where there are none."""
    odds = log_odds(np.concatenate(several), trees) if several else np.empty(0)
    parts = np.split(odds, np.cumsum([len(rows) for rows in several])[:-1])
    return [float(part.max()) if len(part) else NOTHING for part in parts][: len(several)]


def log_odds(rows: Float, trees: Trees) -> NDArray[np.float64]:
    """Return what `Trees.log_odds` says of each row, many at a time."""
    odds: list[NDArray[np.float64]] = [np.empty(0)]
    for first in range(0, len(rows), _AT_ONCE):
        several = rows[first : first + _AT_ONCE].astype(np.float32)
        row = np.arange(len(several))[:, None]
        node = np.broadcast_to(trees.root, (len(several), len(trees.root)))
        for _ in range(trees.depth):
            asked = several[row, trees.feature[node]]
            lower = (asked <= trees.threshold[node]) | (np.isnan(asked) & trees.missing_left[node])
            node = np.where(lower, trees.left[node], trees.right[node])
        odds.append(trees.offset + trees.value[node].sum(axis=1, dtype=np.float64))
    return np.concatenate(odds)


def limits_of(unseen: Sequence[Score]) -> dict[str, float]:
    """Return the operating points of both parts of the body and of slides. [log-odds]."""
    limits = {part: _limit([one for one in unseen if part_of(one.position) == part], part) for part in PARTS}
    calm = [one for one in unseen if not one.is_fall and part_of(one.position) == "trunk"]
    limits[SLIDE] = within(sorted((one.slide for one in calm), reverse=True), sum(one.hours for one in calm))
    return {name: round(value, 3) for name, value in limits.items()}


def _limit(unseen: Sequence[Score], part: str) -> float:
    asked = [one for one in unseen if one.position not in NOT_ASKED]
    hard = operating_point([one for one in asked if one.kind == RECORDED], *GOALS[part])
    soft = operating_point([one for one in asked if one.is_fall == (one.kind == SOFT)], *GOALS[part])
    return hard + SOFTLY[part] * (soft - hard)


def operating_point(scores: Sequence[Score], missed: float, false_per_hour: float) -> float:
    """Return the log-odds where missed falls and false alarms, each against what is allowed, weigh least together.

    The middle of all points within a tenth of the least: a lucky single trial must not set it.
    """
    value = np.array([one.knock for one in scores])
    fall = np.array([one.is_fall for one in scores])
    hours = sum(one.hours for one in scores if not one.is_fall)
    misses = np.array([(value[fall] < point).mean() for point in _POINTS])
    alarms = np.array([(value[~fall] >= point).sum() for point in _POINTS]) / hours
    cost = misses / missed + alarms / false_per_hour
    return float(np.median(_POINTS[cost <= _ALIKE * cost.min()]))


def within(highest_first: Sequence[float], hours: float) -> float:
    """Return the log-odds above which there are no more false alarms than slides may raise. [h]."""
    allowed = int(SLIDES_PER_HOUR * hours)
    return (highest_first[allowed] + 0.01) if allowed < len(highest_first) else 0.0
