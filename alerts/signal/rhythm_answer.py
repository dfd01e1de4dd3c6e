"""What is said of a rhythm: fibrillation, irregular of unclear cause, neither, or that nobody can tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

FIBRILLATION_FROM: Final = 0.8
"""From this probability on it is called fibrillation. [-]"""
NONE_UP_TO: Final = 0.3
"""Up to this one it is said that there is none. [-]"""
_MANY_EARLY, _MANY_PAUSES, _MANY_CHANGES = 0.1, 0.05, 0.35


class Rhythm(StrEnum):
    """What is said of a strip.

    Source: this project.
    """

    FIBRILLATION = "fibrillation"
    UNCLEAR = "unclear"
    """Irregular, by ectopic beats, pauses, block or something else: a doctor may look, nobody is called."""
    NONE = "none"
    """No fibrillation, and nothing else that is irregular."""
    CANNOT_TELL = "cannot_tell"


def probability(log_odds: float) -> float:
    """Return the probability that log-odds stand for.

    Source: definition of the logistic function.

    Parameters
    ----------
    log_odds : float
        Calibrated. [-]

    Returns
    -------
    float
        0 to 1. [-]
    """
    return 1.0 / (1.0 + math.exp(-min(max(log_odds, -50.0), 50.0)))


def calibrated(log_odds: float, calibration: tuple[float, float]) -> float:
    """Return log-odds that are as right as they say, on people whom the trees did not see.

    Source: J. Platt, "Probabilistic outputs for support vector machines," Advances in Large Margin Classifiers, 1999.

    Parameters
    ----------
    log_odds : float
        Of the trees, the mean over a strip and its neighbours. [-]
    calibration : tuple of float
        Slope and offset, fitted on left-out people. [-]

    Returns
    -------
    float
        Log-odds. [-]
    """
    slope, offset = calibration
    return slope * log_odds + offset


def answer(log_odds: float, shown: Mapping[str, float]) -> Rhythm:
    """Return what is said of a strip that can be read.

    Source: this project; measured in alerts/measured/rhythm.md, with the risk and coverage of each limit.

    Parameters
    ----------
    log_odds : float
        Calibrated, of fibrillation. [-]
    shown : mapping of str to float
        Features of the strip; those that are missing say nothing. [unit of each feature]

    Returns
    -------
    Rhythm
        One of the four.
    """
    likely = probability(log_odds)
    if likely >= FIBRILLATION_FROM:
        return Rhythm.FIBRILLATION
    if is_irregular(shown):
        return Rhythm.UNCLEAR
    return Rhythm.NONE if likely <= NONE_UP_TO else Rhythm.CANNOT_TELL


def is_irregular(shown: Mapping[str, float]) -> bool:
    """Return whether there is something irregular that a doctor may want to see: early beats, pauses, or change.

    Source: this project: a tenth of the beats early or of another shape, a twentieth after a pause, or a third of the
    usual beats' intervals changed by more than 8 %.

    Parameters
    ----------
    shown : mapping of str to float
        Features of the strip. [-]

    Returns
    -------
    bool
        Whether there is.
    """
    early = max(shown.get("premature_share", 0.0), shown.get("odd_share", 0.0))
    pauses, changes = shown.get("pause_share", 0.0), shown.get("usual_changed_share", 0.0)
    return early >= _MANY_EARLY or pauses >= _MANY_PAUSES or changes >= _MANY_CHANGES
