"""CinC 2021: ten seconds of leads I and II of twelve-lead ECGs with diagnoses; the first lead is read, as at home.

Nobody here fibrillates, and half have premature beats: what is measured is who is called fibrillating without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from alerts.accuracy.by_person import PersonCount, by_person
from alerts.accuracy.ecg_outcomes import outcome
from alerts.accuracy.ecg_recordings import Recording
from alerts.accuracy.measures.ecg_rhythm import DETECTOR
from alerts.accuracy.row import AccuracyRow, Chosen
from alerts.signal.model_file import SHIPPED

NAME = "cinc2021"
DETECTORS = (DETECTOR,)
FIBRILLATION = frozenset({"164889003", "164890007"})
"""Fibrillation and flutter of the atria (SNOMED CT)."""
PREMATURE = frozenset({"284470004", "63593006", "427172004", "17338001"})
"""Premature beats of atria and chambers (SNOMED CT)."""


class Diagnosed(NamedTuple):
    """A recording with its diagnoses (SNOMED CT)."""

    recording: Recording
    codes: frozenset[str]

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the groups it counts in."""
        return "all", ("premature beats" if self.codes & PREMATURE else "no premature beats")


def recordings(folder: Path) -> Iterator[Diagnosed]:
    """Yield the recordings, first lead."""
    file = folder / NAME / "ecg.npz"
    if not file.is_file():
        return
    with np.load(file, allow_pickle=False) as z:
        lead = z["ecg"][0] * float(z["scale_mV"])
        for k, (name, codes) in enumerate(zip(z["name"], z["dx"], strict=True)):
            part, rate_hz, found = lead[z["start"][k] : z["start"][k + 1]], float(z["fs"][k]), str(codes).split(",")
            recording = Recording(
                dataset=NAME,
                name=str(name),
                person=f"{NAME}/{name}",
                label="A" if FIBRILLATION.intersection(found) else "O",
                t_ms=np.rint(np.arange(len(part)) * 1_000.0 / rate_hz).astype(np.int64),
                lead_mv=part,
                rate_hz=rate_hz,
            )
            yield Diagnosed(recording, frozenset(found))


def measure(folder: Path) -> Iterator[AccuracyRow]:
    """Yield how many are rightly (not) called fibrillating, and how many could be read; an ECG counts as a person."""
    counts: dict[tuple[str, str], list[PersonCount]] = defaultdict(list)
    for one in recordings(folder):
        judged = outcome(one.recording, SHIPPED)
        fibrillates, said = one.recording.label == "A", bool(judged.raised("irregular_rhythm"))
        metric = "sensitivity" if fibrillates else "specificity"
        readable = any(strip.is_told for strip in judged.strips)
        for group in one.groups:
            counts[group, metric].append(PersonCount(one.recording.person, said == fibrillates, 1))
            counts[group, "coverage"].append(PersonCount(one.recording.person, readable, 1))
    for (group, metric), people in counts.items():
        told = f"fibrillation per recording, {group}"
        row = by_person(NAME, told, DETECTOR, metric, people, chosen=Chosen.LEFT_OUT_SET, model=SHIPPED)
        if row is not None:
            yield row
