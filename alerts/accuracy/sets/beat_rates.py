"""Days of beats as rates minute by minute: sinus rhythm, heart failure, ectopy and fibrillation; alarms a week.

Nobody of them is known to rest: people of 28-76 go about their day, and who fibrillates has a fast heart for hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from alerts.accuracy.days import DEVICE, RESIDENT, DayTally
from alerts.accuracy.made_up_rates import RULES
from alerts.accuracy.row import AccuracyRow
from alerts.accuracy.stream import EPOCH_MS
from alerts.rules.detector import Profile
from anhu.contract.clock import MINUTE_MS
from anhu.contract.observation import Scalar
from anhu.contract.record import Reading

NAME = "beat_series"
DETECTORS = (*RULES, "usual_heart_rate")
PROFILE = Profile(report_period_s=60)
_SETS = ("healthy", "nsr2db", "chf2db", "ltdb", "ltafdb")
_SHORTEST_S, _LONGEST_S = 0.2, 2.5
_MINUTE_S = 60.0
_LEAST_S = 20.0


def readings(file: Path) -> Iterator[Reading]:
    """Yield a person's mean rate of each minute of which a third is known."""
    with np.load(file) as z:
        rr_s = z["rr"].astype(np.int64) / float(z["fs"])
    minute = (np.cumsum(rr_s) // _MINUTE_S).astype(np.int64)
    good = (rr_s > _SHORTEST_S) & (rr_s < _LONGEST_S)
    beats, known_s = np.bincount(minute[good]), np.bincount(minute[good], rr_s[good])
    for i in np.flatnonzero(known_s > _LEAST_S).tolist():
        t = EPOCH_MS + i * MINUTE_MS
        yield Reading(DEVICE, RESIDENT, t, (Scalar("heart_rate", _MINUTE_S * float(beats[i] / known_s[i]), t),))


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield alarms per person-week by rule and set."""
    counts = DayTally(NAME, DETECTORS)
    for name in _SETS:
        for file in sorted((folder / NAME / name).glob("*.npz")):
            counts.person([f"{name}, minute by minute", f"{name}/{file.stem}"], readings(file), PROFILE)
    yield from (row for row in counts.rows() if row.group.endswith("minute by minute"))
