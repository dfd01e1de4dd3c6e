"""PPG of people before an ablation, ten seconds each, whose rhythm two cardiologists read from the ECG.

Pieces are scaled one by one and may not follow each other, so each is judged by itself: what the rule says of a strip,
not what it says after five of six.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.by_person import PersonCount
from alerts.accuracy.days import counted
from alerts.accuracy.row import AccuracyRow
from alerts.detectors.ppg_pulse import Params, PpgPulse, is_irregular
from alerts.signal.ppg.pulse import RATE_HZ
from alerts.signal.ppg.rates import LIKENESS
from alerts.signal.ppg.strip import beats, irregularity

NAME = "ppg_arrhythmia"
DETECTORS = (PpgPulse.name,)
LABELS: Final = ("sinus", "ventricular ectopy", "atrial ectopy", "ventricular tachycardia", "SVT", "fibrillation")
_FIBRILLATION: Final = LABELS.index("fibrillation")
_FEW: Final = 10


class Judged(NamedTuple):
    """A person's pieces: which rhythm, whether it was read, and whether it was called irregular."""

    person: str
    label: NDArray[np.int64]
    is_read: NDArray[np.bool_]
    is_irregular: NDArray[np.bool_]


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield fibrillation against each other rhythm, per ten seconds and per person, and how much is read."""
    people = [judged(file) for file in sorted((folder / NAME).glob("*.npz"))]
    for label, name in enumerate(LABELS):
        counts = [_count(one, one.is_read & (one.label == label), right=label == _FIBRILLATION) for one in people]
        metric = "sensitivity" if label == _FIBRILLATION else "specificity"
        yield from counted(NAME, f"irregular per 10 s, {name}", DETECTORS[0], metric, counts)
    others = [_count(one, one.is_read & (one.label != _FIBRILLATION), right=False) for one in people]
    yield from counted(NAME, "irregular per 10 s, all but fibrillation", DETECTORS[0], "specificity", others)
    read = [PersonCount(one.person, int(one.is_read.sum()), len(one.label)) for one in people]
    yield from counted(NAME, "irregular per 10 s", DETECTORS[0], "coverage", read)
    for label, metric in ((_FIBRILLATION, "sensitivity"), (0, "specificity")):
        whole = [_mostly(one, label, right=label == _FIBRILLATION) for one in people]
        yield from counted(NAME, f"most pieces of a person, {LABELS[label]}", DETECTORS[0], metric, whole)


def judged(file: Path) -> Judged:
    """Return what the rule of the production detector says of each piece of a person."""
    with np.load(file, allow_pickle=False) as z:
        to_grid = round(float(z["fs"]) / RATE_HZ)
        waves = z["ppg"].astype(np.float64) * float(z["ppg_scale"])
        waves = waves.reshape(len(waves), -1, to_grid).mean(axis=2)
        label = z["label"].astype(np.int64)
    found = [_measures(wave) for wave in waves]
    params = Params()
    irregular = [measures is not None and is_irregular(measures, params) for measures in found]
    return Judged(f"{NAME}/{file.stem}", label, np.array([m is not None for m in found]), np.array(irregular))


def _measures(wave: NDArray[np.float64]) -> Mapping[str, float] | None:
    """Return the measures of a piece; None where it is too short or too poor to say."""
    found = beats(wave)
    return None if found is None or found.likeness < LIKENESS else irregularity(found)


def _count(one: Judged, inside: NDArray[np.bool_], *, right: bool) -> PersonCount:
    return PersonCount(one.person, int((one.is_irregular[inside] == right).sum()), int(inside.sum()))


def _mostly(one: Judged, label: int, *, right: bool) -> PersonCount:
    """Count a person with at least ten pieces of a rhythm once: right if more than half of them are."""
    count = _count(one, one.is_read & (one.label == label), right=right)
    return PersonCount(one.person, 0, 0) if count.of < _FEW else PersonCount(one.person, 2 * count.amount > count.of, 1)
