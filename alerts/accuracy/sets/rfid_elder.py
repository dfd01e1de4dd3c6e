"""People of 66 to 86 with a battery-free tag on the breastbone: rises from lying, and bed exits, in one room.

Two questions. Rising: did the trunk come up from at least ten seconds of lying? Leaving the bed: did a person who lay
or sat on it walk or sit elsewhere? Sitting up begins that, so an alarm up to a minute before counts as noticed; one
after which nobody leaves within a minute is false. The angles were set while looking at the labelled postures of all
these people. The source does not say which trials are one person's, so a trial counts as a person. Scripted hours are
dense in what they test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import counted
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import EPOCH_MS, stream, windows
from alerts.detectors import discover
from alerts.finding import Condition
from alerts.rules.detector import Detector, Profile
from anhu.contract.clock import HOUR_MS, MINUTE_MS, SECOND_MS

NAME = "rfid_elder"
DETECTORS = ("bed_rise",)
SITS_ON_BED, LIES = 1, 3
_LAY_MS = 10 * SECOND_MS
_AFTER_MS = 20 * SECOND_MS
_AT_NIGHT = Profile(flags=frozenset({"bed_watch", "age_65"}), time_zone="UTC")
"""Trials without a date are laid at 22:13 UTC."""


class BedTrial(NamedTuple):
    """One recording. Times since its start. [ms]."""

    name: str
    t_ms: NDArray[np.int64]
    acc: NDArray[np.float64]
    label: NDArray[np.int8]


class JudgedTrial(NamedTuple):
    """Alarms against what happened."""

    happened: int
    noticed: int
    alarms: int
    delays_s: list[float]


def trials(folder: Path) -> Iterator[BedTrial]:
    """Yield the recordings of the set."""
    for file in sorted((folder / NAME).glob("*.npz")):
        with np.load(file) as z:
            for name, start, end in zip(z["trial"], z["start"], z["start"][1:], strict=False):
                t_ms = np.rint(z["t_s"][start:end].astype(np.float64) * SECOND_MS).astype(np.int64)
                acc = z["acc"][:, start:end].T.astype(np.float64)
                yield BedTrial(f"{file.stem} {name}", t_ms, acc, z["label"][start:end])


@cache
def _detector() -> type[Detector]:
    (found,) = (one for one in discover() if one.name == DETECTORS[0])
    return found


def alarms(trial: BedTrial) -> list[int]:
    """Return when the production detector calls, since the start of the trial. [ms]."""
    pieces = windows("acceleration", trial.t_ms, trial.acc, position="sternum")
    found = stream(_detector().for_profile(_AT_NIGHT), pieces)
    return [one.decided_at_ms - EPOCH_MS for one in found if one.condition is Condition.PRESENT]


def rises(trial: BedTrial) -> list[int]:
    """Return when somebody came up who had lain for a while. [ms]."""
    return [end for start, end in _stretches(trial, (LIES,)) if end - start >= _LAY_MS]


def exits(trial: BedTrial) -> list[int]:
    """Return when somebody left the bed. [ms]."""
    return [end for _, end in _stretches(trial, (SITS_ON_BED, LIES))]


def _stretches(trial: BedTrial, labels: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first reading with one of these labels, first reading after them). [ms]."""
    start: int | None = None
    for t, label in zip(trial.t_ms.tolist(), trial.label.tolist(), strict=True):
        if label in labels:
            start = t if start is None else start
        elif start is not None:
            yield start, t
            start = None


def judged(called: Sequence[int], happened: Sequence[int], before_ms: int) -> JudgedTrial:
    """Match each event with the first alarm near it; the others are false. [ms]."""
    free = list(called)
    delays: list[float] = []
    for event in happened:
        near = [t for t in free if event - before_ms <= t <= event + _AFTER_MS]
        if near:
            free.remove(near[0])
            delays.append((near[0] - event) / SECOND_MS)
    return JudgedTrial(len(happened), len(delays), len(called), delays)


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield how many rises and exits are noticed, what else calls, and how late, for all and by sex."""
    rows: dict[tuple[str, str], list[tuple[str, float, JudgedTrial]]] = defaultdict(list)
    minutes = spent_s = 0.0
    for trial in trials(folder):
        began = process_time()
        called = alarms(trial)
        spent_s += process_time() - began
        hours = float(trial.t_ms[-1] - trial.t_ms[0]) / HOUR_MS
        minutes += 60 * hours
        for who in ("all", "women" if trial.name.endswith("F") else "men"):
            rows["rises from lying", who].append((trial.name, hours, judged(called, rises(trial), 2 * SECOND_MS)))
            rows["leaves the bed", who].append((trial.name, hours, judged(called, exits(trial), MINUTE_MS)))
    for (what, who), several in rows.items():
        yield from _figures(f"{what}, {who}", several)
    if minutes:
        yield AccuracyRow(NAME, "all", DETECTORS[0], "us_per_resident_minute", 1e6 * spent_s / minutes, round(minutes))


def _figures(group: str, several: Sequence[tuple[str, float, JudgedTrial]]) -> Iterator[AccuracyRow]:
    counts = {
        "sensitivity": [PersonCount(name, j.noticed, j.happened) for name, _, j in several],
        "ppv": [PersonCount(name, j.noticed, j.alarms) for name, _, j in several],
        "false_alarms_per_hour": [PersonCount(name, j.alarms - j.noticed, hours) for name, hours, j in several],
    }
    for metric, people in counts.items():
        of_amount = metric == "false_alarms_per_hour"
        yield from counted(NAME, group, DETECTORS[0], metric, people, of_amount=of_amount)
    delays = [delay for _, _, j in several for delay in j.delays_s]
    if delays:
        yield AccuracyRow(NAME, group, DETECTORS[0], "delay_s", median(delays), len(delays))
