"""CAST: a day of heart rate of people of 65 to 79 after an infarction; alarms on ordinary days, each a question.

The series are resampled and smoothed beat intervals; a wearable's report of every minute is what is fed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.cost import EVERY_DETECTOR, cost
from alerts.accuracy.days import DEVICE, RESIDENT, DayTally, counted
from alerts.accuracy.made_up_rates import CALLS, RULES, MadeUp, made_up
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
_SECONDS, _FEW, _SIXTH = "once a second", "once a second, every sixth person", 6
"""The few were all until a person-week was seen to hold too few alarms to say anything."""


def readings(file: Path, every_s: int = _EVERY_S) -> Iterator[Reading]:
    """Yield a recording as a wearable that reports so often. [s]."""
    with np.load(file) as z:
        rate_hz, heart_rate = float(z["fs"]), z["hr"] * float(z["hr_scale"])
    for i, bpm in enumerate(heart_rate[:: max(1, round(every_s * rate_hz))].tolist()):
        t = EPOCH_MS + i * every_s * 1_000
        if _LOWEST <= bpm <= _HIGHEST:
            yield Reading(DEVICE, RESIDENT, t, (Scalar("heart_rate", bpm, t),))


def tally(files: Sequence[Path]) -> DayTally:
    """Return the counts over everybody; with the flag ``diabetes`` set, so that its rule is tried too."""
    counts = DayTally(NAME, DETECTORS[:-1])
    for file in files:
        counts.person(["all", file.stem], readings(file), PROFILE)
    return counts


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule, once a minute and once a second; made-up minutes; what messages cost."""
    files = sorted((folder / NAME).glob("*.npz"))
    yield from (row for row in tally(files).rows() if row.group == "all")
    yield from _each_second(files)
    yield from _made_up(files)
    people = [[_bpm(reading) for reading in readings(file)] for file in files]
    yield from cost(NAME, people, EPOCH_MS, PROFILE)


def _each_second(files: Sequence[Path]) -> Iterator[AccuracyRow]:
    profile = replace(PROFILE, report_period_s=1)
    counts = DayTally(NAME, RULES)
    for number, file in enumerate(files):
        groups = [_SECONDS, file.stem] if number % _SIXTH else [_SECONDS, _FEW, file.stem]
        counts.person(groups, readings(file, 1), profile)
    yield from (row for row in counts.rows() if row.group in {_SECONDS, _FEW})


def _made_up(files: Sequence[Path]) -> Iterator[AccuracyRow]:
    by_case: dict[MadeUp, list[PersonCount]] = {}
    for file in files:
        history = list(readings(file))
        for case, count in made_up(file.stem, history, PROFILE) if history else ():
            by_case.setdefault(case, []).append(count)
    for case, counts in by_case.items():
        yield from counted(NAME, case.name, case.rule, "sensitivity" if case in CALLS else "specificity", counts)


def _bpm(reading: Reading) -> float:
    first = reading.observations[0]
    return first.value if isinstance(first, Scalar) else float("nan")
