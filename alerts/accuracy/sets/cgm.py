"""Continuous glucose of adults with diabetes or before it: alarms a week, and whether "falling" came true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import DEVICE, RESIDENT, DayTally, counted, found_in
from alerts.accuracy.row import AccuracyRow
from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Condition
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.contract.observation import Scalar
from anhu.contract.priority import Priority
from anhu.contract.record import Reading

NAME = "cgm"
DETECTORS = ("glucose_low", "glucose_high", "glucose_falling", "measure_again")
_MG_PER_MMOL = 18.0182
_LOW_MMOL, _BACK_MMOL = 3.9, 5.0
_AHEAD_MS = 30 * MINUTE_MS
_SEVERE_MMOL = 2.95
_HELD_MS = 15 * MINUTE_MS
_GAP_MS = 31 * MINUTE_MS
_OFFSET_S = 28_800
_WITHOUT_DIABETES = "colas2019"
_KNOWN, _OTHERS = "known diabetes", "nobody knows of diabetes"


def people(folder: Path) -> Iterator[tuple[str, list[Reading]]]:
    """Yield each person's readings; local times are laid on China's clock, whose day then begins where theirs did."""
    for file in sorted((folder / NAME).glob("*.npz")):
        with np.load(file) as z:
            who, times, values = z["id"], z["time"].astype("datetime64[ms]").astype(np.int64), z["glucose"]
        for person in np.unique(who):
            mine = np.flatnonzero(who == person)
            mine = mine[np.argsort(times[mine], kind="stable")]
            pairs = zip((times[mine] - _OFFSET_S * 1_000).tolist(), values[mine].tolist(), strict=True)
            yield (
                f"{file.stem} {person}",
                [
                    Reading(DEVICE, RESIDENT, t, (Scalar("glucose", mg / _MG_PER_MMOL, t),))
                    for t, mg in pairs
                    if np.isfinite(mg)
                ],
            )


def profile_of(person: str, readings: Sequence[Reading]) -> Profile:
    """Return what a platform would know of somebody: whether there is diabetes, and how often the sensor reports."""
    steps_ms = [b.received_at_ms - a.received_at_ms for a, b in pairwise(readings)]
    flags = frozenset() if person.startswith(_WITHOUT_DIABETES) else frozenset({"diabetes"})
    return Profile(report_period_s=median(steps_ms) / SECOND_MS if steps_ms else 0.0, flags=flags)


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule and set; share of warnings that came true, of lows that were foretold."""
    tally = DayTally(NAME, DETECTORS)
    true: list[PersonCount] = []
    foretold: list[PersonCount] = []
    severe: list[PersonCount] = []
    leads_s: list[PersonCount] = []
    for person, readings in people(folder):
        profile = profile_of(person, readings)
        groups = ["all", _KNOWN if profile.flags else _OTHERS, person]
        found = tally.person(groups, readings, profile)
        severe.append(_severe_found(person, readings, found_in(readings, ["glucose_low"], profile)))
        if not profile.flags:
            continue
        warned = [one.finding.decided_at_ms for one in found if one.finding.kind == "glucose_falling"]
        lows = _lows(readings)
        told = [low - max(before) for low in lows if (before := [t for t in warned if _ahead(t, low) and t < low])]
        true.append(PersonCount(person, sum(any(_ahead(t, low) for low in lows) for t in warned), len(warned)))
        foretold.append(PersonCount(person, len(told), len(lows)))
        leads_s.append(PersonCount(person, sum(told) / SECOND_MS, len(told)))
    yield from (row for row in tally.rows() if row.group in {"all", _KNOWN, _OTHERS})
    yield from counted(NAME, "3.9 mmol/L within 30 min", "glucose_falling", "ppv", true)
    yield from counted(NAME, "lows foretold within 30 min", "glucose_falling", "sensitivity", foretold)
    yield from counted(NAME, "warning before the low", "glucose_falling", "lead_s", leads_s)
    yield from counted(NAME, "below 3.0 for 15 min, high by then", "glucose_low", "sensitivity", severe)


def _ahead(warned_ms: int, low_ms: int) -> bool:
    return warned_ms <= low_ms <= warned_ms + _AHEAD_MS


def _severe_found(person: str, readings: Sequence[Reading], found: Sequence[ResidentFinding]) -> PersonCount:
    """Count the severe lows of a quarter of an hour, and for how many an alarm was high by their end."""
    high: list[tuple[int, bool]] = [
        (one.finding.decided_at_ms, one.finding.condition is Condition.PRESENT)
        for one in found
        if one.finding.condition is Condition.GONE or one.finding.priority is Priority.HIGH
    ]
    ends = list(_severe_lows(readings))
    return PersonCount(person, sum(_is_on(high, t) for t in ends), len(ends))


def _is_on(said: Sequence[tuple[int, bool]], t_ms: int) -> bool:
    before = [on for at, on in said if at <= t_ms]
    return bool(before) and before[-1]


def _severe_lows(readings: Sequence[Reading]) -> Iterator[int]:
    """Yield when it had been below 3.0 for a quarter of an hour, without a gap. [ms]."""
    since: int | None = None
    last, told = 0, False
    for reading in readings:
        t = reading.received_at_ms
        if _value(reading) > _SEVERE_MMOL or t - last > _GAP_MS:
            since, told = None, False
        if _value(reading) <= _SEVERE_MMOL:
            since = t if since is None else since
            if not told and t - since >= _HELD_MS:
                told = True
                yield t
        last = t


def _value(reading: Reading) -> float:
    first = reading.observations[0]
    return first.value if isinstance(first, Scalar) else float("nan")


def _lows(readings: Sequence[Reading]) -> list[int]:
    """Return when each excursion came to the limit: one after the last was back, and not out of a gap. [ms]."""
    found: list[int] = []
    is_back, before_ms = True, 0
    for reading in readings:
        t, value = reading.received_at_ms, _value(reading)
        if value <= _LOW_MMOL:
            found += [t] if is_back and t - before_ms <= _GAP_MS else []
            is_back = False
        is_back = is_back or value >= _BACK_MMOL
        before_ms = t
    return found
