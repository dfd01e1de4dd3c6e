"""Pulse rate every 2 s, respiration rate every 16 s, every 32 s the beats; each with how sure it is, or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Final

import msgspec
import numpy as np

from alerts.signal.ecg.beats import filled
from alerts.signal.intervals import middle
from alerts.signal.ppg.arm import STILL_G
from alerts.signal.ppg.breath import BREATHS, breath_likelihood
from alerts.signal.ppg.pulse import GRID
from alerts.signal.ppg.rate_tracker import Estimate, RateTracker
from alerts.signal.ppg.stream import BLOCK_MS, STEP_OUT_MS, Looked
from alerts.signal.ppg.strip import STRIP_S, Beats, beats, irregularity
from alerts.time_shift import shifted

PULSE_SURE: Final = 0.8
"""A pulse rate with less belief within 5 /min of it is not told."""
BREATH_SURE: Final = 0.7
"""The same for a respiration rate, within 2 /min."""
LIKENESS: Final = 0.85
"""Below this likeness of its pulses a strip is not read."""
STRIP_MS: Final = round(1_000 * STRIP_S)
_LAG = 4
"""Windows that a pulse rate waits for at least: 8 s."""
_WINDOWS = BLOCK_MS // STEP_OUT_MS
_PARTS = STRIP_MS // BLOCK_MS
_AGREE = 0.1


class PpgStrip(msgspec.Struct, frozen=True, array_like=True):
    """32 s of PPG at rest with pulses that look alike and come as often as the followed rate says.

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
    """Turns blocks of 16 s into estimates; one that cannot be read leaves a hole, not a guess.

    The pulse walks by 3.5 /min from one window to the next (2 s), about what a heart can do: a rate that would have to
    jump splits the belief, and a split belief is not told.

    Source: this project; measured in alerts/measured/pulse.md.

    Attributes
    ----------
    pulse, breath : list of Estimate
        What the last block decided, sure or not.
    strips : list of PpgStrip
        The same, of half a minute.
    """

    def __init__(self) -> None:
        self._pulse = RateTracker(GRID, walk=3.5, around=5.0, lag=_LAG)
        self._breath = RateTracker(BREATHS, walk=1.0, around=2.0, lag=1)
        self._parts: list[tuple[int, float, bytes]] = []
        self._count = 0
        self._recent: list[Estimate] = []
        self.pulse: list[Estimate] = []
        self.breath: list[Estimate] = []
        self.strips: list[PpgStrip] = []

    def feed(self, looked: Looked) -> None:
        """Take the next block; the lists hold what is decided by it.

        Parameters
        ----------
        looked : Looked
            It ends 16 s after the last one.
        """
        self.pulse, self.breath, self.strips = [], [], []
        readable = np.isfinite(looked.likelihoods[:, 0])
        ends_ms = range(looked.end_ms - BLOCK_MS + STEP_OUT_MS, looked.end_ms + 1, STEP_OUT_MS)
        seen = zip(readable, ends_ms, looked.likelihoods, strict=True)
        for is_readable, run in itertools.groupby(seen, key=itemgetter(0)):
            self.pulse += self._pulse.feed(one[1:] for one in run) if is_readable else self._pulse.flush()
        self._recent = [*self._recent, *self.pulse][-_WINDOWS * _PARTS :]
        if not looked.is_whole:
            self._break()
            return
        part = (looked.end_ms, looked.motion_g, looked.wave.astype("<f4").tobytes())
        self._parts = [*self._parts, part][-_PARTS:]
        self._count += 1
        if len(self._parts) == _PARTS:
            self._half_minute(is_whole=self._count % _PARTS == 0)

    def flush(self) -> None:
        """Take note that the stream ended; the lists hold what still waited."""
        self.pulse, self.breath, self.strips = list(self._pulse.flush()), [], []
        self._break()

    def _break(self) -> None:
        self.breath += self._breath.flush()
        self._parts, self._count = [], 0

    def _half_minute(self, *, is_whole: bool) -> None:
        end_ms = self._parts[-1][0]
        moved = any(motion >= STILL_G for _, motion, _ in self._parts)
        wave = filled(np.concatenate([np.frombuffer(raw, dtype="<f4") for _, _, raw in self._parts]).astype(np.float64))
        found = None if moved else beats(wave)
        if found is None or found.likeness < LIKENESS:
            self.breath += self._breath.flush()
            return
        agrees = self._agrees(end_ms, found)
        self.breath += self._breath.feed([(end_ms, breath_likelihood(wave, found if agrees else None))])
        if is_whole and agrees:
            beats_ms = np.rint(end_ms - STRIP_MS + 1_000 * found.rise_s).astype(int).tolist()
            self.strips.append(PpgStrip(end_ms, found.rate_bpm, found.likeness, irregularity(found), beats_ms))

    def _agrees(self, end_ms: int, found: Beats) -> bool:
        """Tell whether beats and followed rate say the same; an irregular pulse is compared on the whole strip."""
        inside = [e.rate for e in self._recent if e.t_ms > end_ms - STRIP_MS and e.sure >= PULSE_SURE]
        return bool(inside) and abs(middle(np.array(inside)) - found.rate_bpm) <= _AGREE * found.rate_bpm

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "pulse": self._pulse.snapshot(),
            "breath": self._breath.snapshot(),
            "parts": [[t, None if motion != motion else motion, raw] for t, motion, raw in self._parts],  # noqa: PLR0124
            "count": self._count,
            "recent": [list(estimate) for estimate in self._recent],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._pulse.restore(state["pulse"])
        self._breath.restore(state["breath"])
        self._parts = [(t, float("nan") if motion is None else motion, raw) for t, motion, raw in state["parts"]]
        self._count = state["count"]
        self._recent = [Estimate(*estimate) for estimate in state["recent"]]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._pulse.shift(by_ms)
        self._breath.shift(by_ms)
        self._parts = [(shifted(t, by_ms), motion, raw) for t, motion, raw in self._parts]
        self._recent = [one._replace(t_ms=shifted(one.t_ms, by_ms)) for one in self._recent]


def read(blocks: Iterable[Looked]) -> tuple[list[Estimate], list[Estimate], list[PpgStrip]]:
    """Return everything that a recording says.

    Source: this project.

    Parameters
    ----------
    blocks : iterable of Looked
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
    for looked in blocks:
        rates.feed(looked)
        pulse, breath, strips = pulse + rates.pulse, breath + rates.breath, strips + rates.strips
    rates.flush()
    return pulse + rates.pulse, breath + rates.breath, strips
