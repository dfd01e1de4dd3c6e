"""Blood pressure at home: a man's own cuff for 108 days; three people with type 2 diabetes, hourly, two visits each.

Alarms a week by rule; and whether the rule of the week says what a plain mean of the same week says. Nothing was chosen
on these people: limits are China's and NEWS2's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import DEVICE, RESIDENT, DayTally, counted
from alerts.accuracy.row import AccuracyRow
from alerts.detectors.pressure_uncontrolled import Params
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.rules.detector import Profile
from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

NAME = "home_bp"
UNCONTROLLED = "pressure_uncontrolled"
DETECTORS = ("pressure_crisis", "pressure_low", UNCONTROLLED, "measure_again")
_OFFSET_MS = 8 * HOUR_MS
_DIABETIC = "hypnos"


class Cuff(NamedTuple):
    """A stretch of one person's readings: China's clock, whose day begins where theirs did. [ms, mm[Hg], mm[Hg], /min].

    Two visits, weeks apart, are two stretches: nobody lived the weeks between with a cuff on.
    """

    person: str
    profile: Profile
    values: NDArray[np.float64]

    def readings(self) -> Iterator[Reading]:
        """Yield them as the engine gets them."""
        for at, systolic, diastolic, pulse in self.values.tolist():
            t = int(at)
            values = (("systolic_pressure", systolic), ("diastolic_pressure", diastolic), ("pulse_rate", pulse))
            yield Reading(DEVICE, RESIDENT, t, tuple(Scalar(name, value, t) for name, value in values))


def people(folder: Path) -> Iterator[Cuff]:
    """Yield each person's readings, visit by visit, in time order."""
    for file in sorted((folder / NAME).glob("*.npz")):
        with np.load(file, allow_pickle=False) as z:
            times = z["time"].astype("datetime64[ms]").astype(np.int64) - _OFFSET_MS
            table = np.column_stack([times, z["systolic"], z["diastolic"], z["pulse"]]).astype(np.float64)
            who = z["id"]
            visit = z["visit"] if "visit" in z else np.zeros(len(who), dtype=np.int8)
        flags = frozenset({"diabetes"}) if file.stem == _DIABETIC else frozenset[str]()
        for person, number in sorted(set(zip(who.tolist(), visit.tolist(), strict=True))):
            mine = table[(who == person) & (visit == number)]
            yield Cuff(f"{file.stem} {person}", Profile(flags=flags), mine[np.argsort(mine[:, 0], kind="stable")])


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule, and on how many days the week could be judged, and how truly."""
    tally = DayTally(NAME, DETECTORS)
    counts: dict[str, list[PersonCount]] = defaultdict(list)
    for cuff in people(folder):
        found = tally.person(["all", cuff.person], cuff.readings(), cuff.profile)
        for metric, amount, of in _days(cuff, found):
            counts[metric].append(PersonCount(cuff.person, amount, of))
    yield from (row for row in tally.rows() if row.group == "all")
    groups = {"coverage": "days with a week to judge"}
    for metric, several in counts.items():
        group = groups.get(metric, "days, against a plain mean of the week")
        yield from counted(NAME, group, UNCONTROLLED, metric, several)


def _days(cuff: Cuff, found: Sequence[ResidentFinding]) -> Iterator[tuple[str, float, float]]:
    """Yield, for each morning at which the rule decides: could it, and did it say what a plain mean says."""
    said = [(one.finding.decided_at_ms, one.finding.condition) for one in found if one.finding.kind == UNCONTROLLED]
    hour_ms = round(Params().decide_h * HOUR_MS) - _OFFSET_MS
    first, last = (int(cuff.values[k, 0] + _OFFSET_MS) // DAY_MS for k in (0, -1))
    for day in range(first + 1, last + 1):
        mean = weekly_mean(cuff.values, day)
        yield "coverage", float(mean is not None), 1.0
        if mean is not None:
            conditions = [condition for at, condition in said if at <= day * DAY_MS + hour_ms]
            elevated = mean[0] >= Params().systolic_mmhg or mean[1] >= Params().diastolic_mmhg
            right = elevated == (conditions[-1:] == [Condition.PRESENT])
            yield ("sensitivity" if elevated else "specificity"), float(right), 1.0


def weekly_mean(values: NDArray[np.float64], day: int) -> tuple[float, float] | None:
    """Return systolic and diastolic mean of the seven days before a day, the first with readings dropped.

    None where fewer than twelve readings, or three days, are left. [mm[Hg]].
    """
    p = Params()
    days = (values[:, 0] + _OFFSET_MS) // DAY_MS
    kept = values[(days >= day - p.days) & (days < day)]
    of = (kept[:, 0] + _OFFSET_MS) // DAY_MS
    kept, of = kept[of > of.min(initial=day)], of[of > of.min(initial=day)]
    if len(kept) < p.least_readings or len(np.unique(of)) < p.least_days - 1:
        return None
    return float(kept[:, 1].mean()), float(kept[:, 2].mean())
