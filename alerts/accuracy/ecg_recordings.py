"""ECG recordings with what people saw in them: MIT-BIH, CPSC 2021 (beats, rhythms), CinC 2017 (one rhythm each)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.accuracy.wfdb_format import Mark, read_marks, read_signals

BEATS: Final = frozenset("NLRBAaJSVrFejnE/fQ?")
"""Symbols of annotations that are beats."""
FIBRILLATION: Final = frozenset({"(AFIB", "(AFL"})
"""Atrial fibrillation and flutter."""
_SAME_PERSON: Final = {"202": "201"}
Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One lead, with its labels.

    Attributes
    ----------
    label : str
        CinC 2017: N, A, O or ~ for the whole; others: empty.
    t_ms : ndarray, shape (n,)
        Since its start. [ms]
    lead_mv : ndarray, shape (n,)
        The first lead. [mV]
    beats_ms : ndarray
        Marked beats. [ms]
    rhythms : list of (float, float, str)
        From, to, name. [ms]
    flutters : list of (float, float)
        Ventricular flutter, where there are no beats. [ms]
    """

    dataset: str
    name: str
    person: str
    label: str
    t_ms: NDArray[np.int64]
    lead_mv: NDArray[np.float64]
    rate_hz: float
    beats_ms: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    rhythms: tuple[tuple[float, float, str], ...] = ()
    flutters: tuple[tuple[float, float], ...] = ()

    @property
    def hours(self) -> float:
        """Length. [h]."""
        return float(self.t_ms[-1]) / 3_600_000

    def fibrillates(self, start_ms: float, end_ms: float) -> bool:
        """Return whether the atria fibrillate or flutter for half of a stretch or more. [ms]."""
        if self.label:
            return self.label == "A"
        spans = ((a, b) for a, b, name in self.rhythms if name in FIBRILLATION)
        held = sum(max(0.0, min(end_ms, b) - max(start_ms, a)) for a, b in spans)
        return held >= 0.5 * (end_ms - start_ms)


def recordings(folder: Path) -> Iterator[Recording]:
    """Return every ECG recording found in a folder of sets."""
    for header in sorted((folder / "mitdb").glob("*.hea")):
        yield _annotated("mitdb", _SAME_PERSON.get(header.stem, header.stem), header)
    for header in sorted((folder / "cpsc2021").glob("*.hea")):
        yield _annotated("cpsc2021", f"cpsc2021/{header.stem.split('_')[1]}", header)
    archive = folder / "cinc2017" / "ecg.npz"
    if archive.is_file():
        yield from _cinc2017(archive)


def _annotated(dataset: str, person: str, header: Path) -> Recording:
    signals, marks = read_signals(header), read_marks(header.with_suffix(".atr"))
    to_ms = 1_000.0 / signals.rate_hz
    end_ms = len(signals.values) * to_ms
    beats = [mark.sample * to_ms for mark in marks if mark.symbol in BEATS]
    return Recording(
        dataset=dataset,
        name=header.stem,
        person=person,
        label="",
        t_ms=np.rint(np.arange(len(signals.values)) * to_ms).astype(np.int64),
        lead_mv=signals.values[:, 0],
        rate_hz=signals.rate_hz,
        beats_ms=np.array(beats),
        rhythms=tuple(_rhythms(marks, to_ms, end_ms)),
        flutters=tuple(_flutters(marks, to_ms, end_ms)),
    )


def _rhythms(marks: list[Mark], to_ms: float, end_ms: float) -> Iterator[tuple[float, float, str]]:
    changes = [(mark.sample * to_ms, mark.text) for mark in marks if mark.text.startswith("(")]
    for (start, name), (end, _) in itertools.pairwise([*changes, (end_ms, "")]):
        yield start, end, name


def _flutters(marks: list[Mark], to_ms: float, end_ms: float) -> Iterator[tuple[float, float]]:
    start: float | None = None
    for mark in marks:
        if mark.symbol == "[":
            start = mark.sample * to_ms
        elif mark.symbol == "]" and start is not None:
            yield start, mark.sample * to_ms
            start = None
    if start is not None:
        yield start, end_ms


def _cinc2017(archive: Path) -> Iterator[Recording]:
    with np.load(archive, allow_pickle=False) as z:
        ecg, start, rate = z["ecg"], z["start"], float(z["fs"])
        for k, (name, label) in enumerate(zip(z["name"], z["label"], strict=True)):
            lead = ecg[start[k] : start[k + 1]] * float(z["scale_mV"])
            yield Recording(
                dataset="cinc2017",
                name=str(name),
                person=f"cinc2017/{name}",
                label=str(label),
                t_ms=np.rint(np.arange(len(lead)) * 1_000.0 / rate).astype(np.int64),
                lead_mv=lead,
                rate_hz=rate,
            )
