"""Continuous glucose of adults with diabetes or before it: alarms a week, and whether "falling" came true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import DEVICE, RESIDENT, DayTally, counted
from alerts.accuracy.row import AccuracyRow
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

NAME = "cgm"
DETECTORS = ("glucose_low", "glucose_high", "glucose_falling", "measure_again")
_MG_PER_MMOL = 18.0182
_LOW_MMOL = 3.9
_AHEAD_MS = 30 * MINUTE_MS
_OFFSET_S = 28_800


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


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule; share of falls that came true, and of lows that were foretold."""
    tally = DayTally(NAME, DETECTORS)
    true: list[PersonCount] = []
    foretold: list[PersonCount] = []
    for person, readings in people(folder):
        found = tally.person(["all", person], readings, Profile(report_period_s=300, flags=frozenset({"diabetes"})))
        warned = [one.finding.decided_at_ms for one in found if one.finding.kind == "glucose_falling"]
        lows = _lows(readings)
        true.append(PersonCount(person, sum(any(_ahead(t, low) for low in lows) for t in warned), len(warned)))
        fast = [t for t in lows if _fell_fast(readings, t)]
        foretold.append(PersonCount(person, sum(any(_ahead(t, low) for t in warned) for low in fast), len(fast)))
    yield from (row for row in tally.rows() if row.group == "all")
    yield from counted(NAME, "3.9 mmol/L within 30 min", "glucose_falling", "ppv", true)
    yield from counted(NAME, "lows after a fall of 1.5 in 20 min", "glucose_falling", "sensitivity", foretold)


def _ahead(warned_ms: int, low_ms: int) -> bool:
    return warned_ms <= low_ms <= warned_ms + _AHEAD_MS


def _value(reading: Reading) -> float:
    first = reading.observations[0]
    return first.value if isinstance(first, Scalar) else float("nan")


def _lows(readings: Sequence[Reading]) -> list[int]:
    """Return when glucose came to the limit from above. [ms]."""
    found = []
    above = False
    for reading in readings:
        value = _value(reading)
        if above and value <= _LOW_MMOL:
            found.append(reading.received_at_ms)
        above = value > _LOW_MMOL
    return found


def _fell_fast(readings: Sequence[Reading], t_ms: int) -> bool:
    near = [_value(r) for r in readings if t_ms - 21 * MINUTE_MS <= r.received_at_ms <= t_ms]
    return len(near) > 1 and near[0] - near[-1] >= 3 / 2
