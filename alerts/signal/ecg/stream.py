"""From samples of one ECG lead to beats and half-minute strips, however the samples arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.signal.ecg.beats import STEP_MS, BeatPicker, candidates
from alerts.signal.ecg.strip import Strip
from alerts.signal.even_blocks import Block, EvenBlocks, Shape, Times
from alerts.time_shift import shifted

CORE_MS = 10_000
_CONTEXT_MS = 2_000
SHAPE = Shape(step_ms=STEP_MS, core_ms=CORE_MS, before_ms=_CONTEXT_MS, after_ms=_CONTEXT_MS)
CORES = 3
"""Blocks in a strip."""
STRIP_MS = CORES * CORE_MS


class EcgStream:
    """Finds beats block by block and hands out strips of 30 s, one after the other.

    Memory: 30 s of the even signal, 14 s of samples, 60 s of beats.

    Source: this project; that chunks do not matter is shown by tests/conformance/test_detectors.py.

    Attributes
    ----------
    beats_ms : list of float
        R peaks that a coming strip may need. [ms]
    """

    def __init__(self) -> None:
        self._blocks = EvenBlocks(SHAPE)
        self._picker = BeatPicker()
        self._cores: list[NDArray[np.float32]] = []
        self._start_ms = 0
        self.beats_ms: list[float] = []

    @property
    def last_ms(self) -> int | None:
        """Time of the newest sample; None before the first. [ms]."""
        return self._blocks.last_ms

    def feed(self, t_ms: Times, values: NDArray[np.floating[Any]]) -> Iterator[Strip]:
        """Take the next samples; yield the strips that are complete now.

        Parameters
        ----------
        t_ms : ndarray, shape (n,)
            Not decreasing. [ms]
        values : ndarray, shape (n,)
            One lead; NaN is a missing sample. [mV]

        Yields
        ------
        Strip
            Of `STRIP_MS`, one after the other.
        """
        for block in self._blocks.feed(t_ms, values[:, None]):
            self._take(block)
            if len(self._cores) == CORES:
                yield self._strip()

    def flush(self) -> Iterator[Strip]:
        """Give out what is left of a recording that ended; the next sample starts afresh.

        Yields
        ------
        Strip
            The last one is short.
        """
        for block in self._blocks.flush():
            self._take(block)
            if len(self._cores) == CORES:
                yield self._strip()
        self.beats_ms += [beat.t_ms for beat in self._picker.flush()]
        if self._cores:
            yield self._strip()
        self.beats_ms = []

    def _take(self, block: Block) -> None:
        core_ms = (block.core_ms, block.core_ms + SHAPE.core_ms)
        found = candidates(block.grid[:, 0], block.core_ms - SHAPE.before_ms, core_ms)
        self.beats_ms += [beat.t_ms for beat in self._picker.pick(found)]
        if not self._cores:
            self._start_ms = block.core_ms
        core = block.grid[SHAPE.before : SHAPE.before + SHAPE.core, 0]
        self._cores.append(core.astype(np.float32))

    def _strip(self) -> Strip:
        signal = np.concatenate(self._cores).astype(np.float64)
        known = np.flatnonzero(np.isfinite(signal))
        signal = signal[: known[-1] + 1] if len(known) else signal[:0]
        self._cores = []
        waiting = self._picker.waiting
        beats = np.array([*self.beats_ms, *([] if waiting is None else [waiting.t_ms])])
        end_ms = self._start_ms + len(signal) * STEP_MS
        self.beats_ms = [beat for beat in self.beats_ms if beat >= self._start_ms]
        return Strip(self._start_ms, signal, beats[(beats >= self._start_ms) & (beats < end_ms)])

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        return {
            "blocks": self._blocks.snapshot(),
            "picker": self._picker.snapshot(),
            "cores": [core.astype("<f4").tobytes() for core in self._cores],
            "start_ms": self._start_ms,
            "beats_ms": list(self.beats_ms),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._blocks.restore(state["blocks"])
        self._picker.restore(state["picker"])
        self._cores = [np.frombuffer(core, dtype="<f4").astype(np.float32) for core in state["cores"]]
        self._start_ms = state["start_ms"]
        self.beats_ms = list(state["beats_ms"])

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._blocks.shift(by_ms)
        self._picker.shift(by_ms)
        self._start_ms = shifted(self._start_ms, by_ms)
        self.beats_ms = [shifted(beat, by_ms) for beat in self.beats_ms]
