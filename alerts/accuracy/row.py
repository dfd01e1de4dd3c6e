"""One measured figure."""

from __future__ import annotations

import msgspec


class AccuracyRow(msgspec.Struct, frozen=True):
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
        sensitivity, specificity, ppv, f1, false_alarms_per_hour, alarms_per_person_week, delay_s, mae, coverage, or
        us_per_resident_minute.
    value : float
        Shares are 0 to 1.
    count : int
        How many cases the value rests on: falls, trials, beats, windows.
    """

    dataset: str
    group: str
    detector: str
    metric: str
    value: float
    count: int
