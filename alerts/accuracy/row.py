"""One measured figure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

COSTS = frozenset({"us_per_message", "us_per_resident_minute"})
"""Metrics that tell time, not people."""


class Chosen(StrEnum):
    """On whom everything that can be chosen was chosen: trees, limits, constants, which learner."""

    LEFT_OUT_SET = "set left out"
    """On other sets only: nothing of this one was ever looked at."""
    LEFT_OUT_PEOPLE = "people left out"
    """On other people, by an inner loop that never saw these."""
    NOT_CHOSEN = "nothing chosen"
    """By a published rule or round numbers set before the first look."""
    SAME_PEOPLE = "same people"
    """On the very people of this figure: it flatters, and is told in small print only."""


class AccuracyRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure of the accuracy table.

    Attributes
    ----------
    dataset : str
        Folder of the recordings.
    group : str
        ``all``, ``young``, ``old``, ``waist``, ``code D13`` ..., and how the model was trained where that matters.
    detector : str
        Name of the detector.
    metric : str
        sensitivity, specificity, ppv, f1, false_alarms_per_hour, alarms_per_person_week, delay_s, lead_s, mae,
        coverage, us_per_resident_minute or us_per_message.
    value : float
        Shares are 0 to 1.
    count : int
        How many cases the value rests on: falls, trials, beats, windows.
    chosen : Chosen, optional
        On whom the constants behind the figure were chosen; None where nobody said (not fit for publication).
    people : int
        How many people the value rests on; 0 where it was not counted by person.
    worst, tenth : float, optional
        The worst person's value, and the one that a tenth of the people are no better than.
    low, high : float, optional
        95 % interval of the value, by drawing people with replacement.
    each : mapping, optional
        Whose figure it is, person by person.
    model : str, optional
        Who judged, where something was learned: the name of a stored model, or empty for "each by the one that never
        saw the person".
    """

    dataset: str
    group: str
    detector: str
    metric: str
    value: float
    count: int
    chosen: Chosen | None = None
    people: int = 0
    worst: float | None = None
    tenth: float | None = None
    low: float | None = None
    high: float | None = None
    each: Mapping[str, float] = {}  # msgspec copies it
    model: str = ""
