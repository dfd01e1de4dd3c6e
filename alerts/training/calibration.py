"""Odds that are as right as they say: fitted on people whom the trees did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression


class Scored(NamedTuple):
    """What trees said of one person's strips, and what is true."""

    log_odds: NDArray[np.float64]
    truth: NDArray[np.bool_]


def platt(people: Sequence[Scored]) -> tuple[float, float]:
    """Return slope and offset of calibrated log-odds (Platt 1999); each person counts alike, whatever one's hours."""
    rows = np.concatenate([one.log_odds for one in people])
    truth = np.concatenate([one.truth for one in people])
    weights = np.concatenate([np.full(len(one.truth), 1.0 / max(1, len(one.truth))) for one in people])
    for answer in (False, True):
        weights[truth == answer] /= weights[truth == answer].sum() / len(people)
    fitted = LogisticRegression(C=1e3).fit(rows[:, None], truth, sample_weight=weights)
    return round(float(fitted.coef_[0, 0]), 4), round(float(fitted.intercept_[0]), 4)


def parts(people: Mapping[str, tuple[str, bool]], number: int) -> dict[str, int]:
    """Return which part each person is in: of each set, those with fibrillation evenly, then the others.

    Parameters
    ----------
    people : mapping of str to (str, bool)
        Person -> set, and whether there is any fibrillation.
    """
    ordered = sorted(people, key=lambda person: (people[person][0], not people[person][1], person))
    return {person: i % number for i, person in enumerate(ordered)}
