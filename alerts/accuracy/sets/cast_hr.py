"""CAST: a day of heart rate of people of 65 to 79 after an infarction; alarms on ordinary days, each a question.

The series are resampled and smoothed beat intervals; a wearable's report of every minute is what is fed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from alerts.accuracy.cost import EVERY_DETECTOR, cost
from alerts.accuracy.days import DEVICE, RESIDENT, DayTally
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import EPOCH_MS
from alerts.rules.detector import Profile
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

NAME = "cast_hr"
DETECTORS = ("heart_rate_high", "heart_rate_low", "diabetic_tachycardia", "news2", "usual_heart_rate", EVERY_DETECTOR)
_EVERY_S = 60
PROFILE = Profile(report_period_s=_EVERY_S, flags=frozenset({"diabetes", "age_65"}))
_LOWEST, _HIGHEST = 20.0, 300.0


def readings(file: Path) -> Iterator[Reading]:
    """Yield a recording as a wearable that reports once a minute."""
    with np.load(file) as z:
        rate_hz, heart_rate = float(z["fs"]), z["hr"] * float(z["hr_scale"])
    for i, bpm in enumerate(heart_rate[:: max(1, round(_EVERY_S * rate_hz))].tolist()):
        t = EPOCH_MS + i * _EVERY_S * 1_000
        if _LOWEST <= bpm <= _HIGHEST:
            yield Reading(DEVICE, RESIDENT, t, (Scalar("heart_rate", bpm, t),))


def tally(folder: Path) -> DayTally:
    """Return the counts over everybody; with the flag ``diabetes`` set, so that its rule is tried too."""
    counted = DayTally(NAME, DETECTORS[:-1])
    for file in sorted((folder / NAME).glob("*.npz")):
        counted.person(["all", file.stem], readings(file), PROFILE)
    return counted


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule, and what everybody's messages cost in one engine."""
    yield from (row for row in tally(folder).rows() if row.group == "all")
    people = [[_bpm(reading) for reading in readings(file)] for file in sorted((folder / NAME).glob("*.npz"))]
    yield from cost(NAME, people, EPOCH_MS, PROFILE)


def _bpm(reading: Reading) -> float:
    first = reading.observations[0]
    return first.value if isinstance(first, Scalar) else float("nan")
