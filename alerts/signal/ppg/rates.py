"""Pulse rate every 2 s, and every 32 s beats, irregularity and respiration rate, each with how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np

from alerts.signal.ppg.pulse import GRID
from alerts.signal.ppg.rate_tracker import Estimate, RateTracker
from alerts.signal.ppg.stream import LAG, STEP_OUT_MS, STRIP_MS, Looked
from alerts.signal.ppg.strip import BREATHS, beats, breath_likelihood, irregularity
from alerts.time_shift import shifted

SURE: Final = 0.6
"""An estimate with less belief around it is none."""
STILL_G: Final = 0.03
"""Below this the arm is at rest. [g]"""
LIKENESS: Final = 0.85
"""Below this likeness of its pulses a strip is not read."""
_PARTS = STRIP_MS // STEP_OUT_MS
_BREATH_EVERY = 4
_BREATH_LAG = 2


class PpgStrip(msgspec.Struct, frozen=True, array_like=True):
    """32 s of PPG at rest with pulses that look alike.

    Source: this project.

    Attributes
    ----------
    end_ms : int
        End of the strip. [ms]
    rate_bpm : float
        From the beats. [/min]
    likeness : float
        Of the pulses. [-]
    measures : dict of str to float
        Of irregularity. [-]
    beats_ms : list of int
        Steepest rises, for the evidence. [ms]
    """

    end_ms: int
    rate_bpm: float
    likeness: float
    measures: dict[str, float]
    beats_ms: list[int] = []


class PpgRates:
    """Turns windows of 8 s into estimates; one that cannot be read leaves a hole, not a guess.

    Source: this project; measured in alerts/MEASURED.md.

    Attributes
    ----------
    pulse, breath : list of Estimate
        What the last window decided.
    strips : list of PpgStrip
        The same, of half a minute.
    """

    def __init__(self) -> None:
        self._pulse = RateTracker(GRID, walk=4.0, around=5.0, lag=LAG)
        self._breath = RateTracker(BREATHS, walk=1.4, around=2.0, lag=_BREATH_LAG)
        self._parts: list[tuple[int, float, bytes]] = []
        self._count = 0
        self.pulse: list[Estimate] = []
        self.breath: list[Estimate] = []
        self.strips: list[PpgStrip] = []

    def feed(self, looked: Looked) -> None:
        """Take the next window; the lists hold what is decided by it.

        Parameters
        ----------
        looked : Looked
            It ends 2 s after the last one.
        """
        self.pulse, self.breath, self.strips = [], [], []
        if looked.likelihood is None:
            self._hole()
            return
        self.pulse += self._pulse.feed(looked.end_ms, looked.likelihood)
        part = (looked.end_ms, looked.motion_g, looked.fresh.astype("<f4").tobytes())
        self._parts = [*self._parts, part][-_PARTS:]
        self._count += 1
        if len(self._parts) == _PARTS and self._count % _BREATH_EVERY == 0:
            self._strip(is_whole=self._count % _PARTS == 0)

    def flush(self) -> None:
        """Take note that the stream ended; the lists hold what still waited."""
        self.pulse, self.breath, self.strips = [], [], []
        self._hole()

    def _hole(self) -> None:
        self.pulse += self._pulse.flush()
        self.breath += self._breath.flush()
        self._parts, self._count = [], 0

    def _strip(self, *, is_whole: bool) -> None:
        end_ms = self._parts[-1][0]
        moved = [motion for _, motion, _ in self._parts if motion >= STILL_G]
        wave = np.concatenate([np.frombuffer(raw, dtype="<f4") for _, _, raw in self._parts]).astype(np.float64)
        found = None if moved else beats(wave)
        if found is None or found.likeness < LIKENESS:
            self.breath += self._breath.flush()
            return
        self.breath += self._breath.feed(end_ms, breath_likelihood(found))
        if is_whole:
            rate = 60.0 * (len(found.rise_s) - 1) / float(found.rise_s[-1] - found.rise_s[0])
            beats_ms = np.rint(end_ms - STRIP_MS + 1_000 * found.rise_s).astype(int).tolist()
            self.strips.append(PpgStrip(end_ms, rate, found.likeness, irregularity(found), beats_ms))

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "pulse": self._pulse.snapshot(),
            "breath": self._breath.snapshot(),
            "parts": [[t, None if motion != motion else motion, raw] for t, motion, raw in self._parts],  # noqa: PLR0124
            "count": self._count,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._pulse.restore(state["pulse"])
        self._breath.restore(state["breath"])
        self._parts = [(t, float("nan") if motion is None else motion, raw) for t, motion, raw in state["parts"]]
        self._count = state["count"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._pulse.shift(by_ms)
        self._breath.shift(by_ms)
        self._parts = [(shifted(t, by_ms), motion, raw) for t, motion, raw in self._parts]


def read(windows: Iterator[Looked]) -> tuple[list[Estimate], list[Estimate], list[PpgStrip]]:
    """Return everything that a recording says.

    Source: this project.

    Parameters
    ----------
    windows : iterator of Looked
        In order of time.

    Returns
    -------
    tuple of list
        Pulse rates, respiration rates, strips.
    """
    rates = PpgRates()
    pulse: list[Estimate] = []
    breath: list[Estimate] = []
    strips: list[PpgStrip] = []
    for looked in windows:
        rates.feed(looked)
        pulse, breath, strips = pulse + rates.pulse, breath + rates.breath, strips + rates.strips
    rates.flush()
    return pulse + rates.pulse, breath + rates.breath, strips
