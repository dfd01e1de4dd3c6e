"""CPSC 2019: strips of ten seconds, chosen by their makers to be hard for finders of beats; each beat is marked.

Nobody of it was ever looked at while the level of a beat was chosen. Beats of the last and first 150 ms count too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.ecg_outcomes import outcome
from alerts.accuracy.ecg_recordings import Recording
from alerts.accuracy.measures.ecg_rhythm import DETECTOR
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.signal.model_file import SHIPPED

NAME = "cpsc2019"
DETECTORS = (DETECTOR,)


def recordings(folder: Path) -> Iterator[Recording]:
    """Yield the strips with their beats."""
    file = folder / NAME / "ecg.npz"
    if not file.is_file():
        return
    with np.load(file, allow_pickle=False) as z:
        to_ms = 1_000.0 / float(z["fs"])
        for k, name in enumerate(z["name"]):
            lead = z["ecg"][z["start"][k] : z["start"][k + 1]] * float(z["scale_mV"])
            yield Recording(
                dataset=NAME,
                name=str(name),
                person=f"{NAME}/{name}",
                label="",
                t_ms=np.rint(np.arange(len(lead)) * to_ms).astype(np.int64),
                lead_mv=lead,
                rate_hz=float(z["fs"]),
                beats_ms=z["beat"][z["beat_start"][k] : z["beat_start"][k + 1]] * to_ms,
            )


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield how many beats are found and invented, strip by strip; a strip counts as a person."""
    several = [outcome(one, SHIPPED) for one in recordings(folder)]
    counts = {
        "sensitivity": [(o.recording.person, o.beats.found, o.beats.marked) for o in several],
        "ppv": [(o.recording.person, o.beats.found, o.beats.found + o.beats.invented) for o in several],
        "f1": [
            (o.recording.person, 2 * o.beats.found, 2 * o.beats.found + o.beats.missed + o.beats.invented)
            for o in several
        ],
    }
    for metric, of_each in counts.items():
        people = [PersonCount(*one) for one in of_each]
        row = by_person(NAME, "beats", DETECTOR, metric, people, chosen=Chosen.LEFT_OUT_SET, model=SHIPPED)
        if row is not None:
            yield row
