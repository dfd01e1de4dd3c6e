"""From samples of PPG and acceleration to even blocks of 16 s, each seen in eight windows, however samples arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.signal.even_blocks import Block, EvenBlocks, Shape, Times
from alerts.signal.motion import Float, even_grid
from alerts.signal.ppg.pulse import SAMPLES, STEP_MS, pulse_likelihoods
from alerts.time_shift import shifted

STEP_OUT_MS: Final = 2_000
WINDOW_MS: Final = SAMPLES * STEP_MS
BLOCK_MS: Final = 16_000
"""Length of a block: what is looked at together costs half. [ms]"""
_BLOCK = BLOCK_MS // STEP_MS
_INSIDE = SAMPLES // (STEP_OUT_MS // STEP_MS) - 1
"""The first of a block's windows that reaches into no other block."""
_STEP_OUT = STEP_OUT_MS // STEP_MS
_BEFORE = SAMPLES - _STEP_OUT
_FIRSTS = range(0, _BEFORE + _BLOCK - SAMPLES + 1, _STEP_OUT)
_EDGE_MS = 200
_WAIT_MS = BLOCK_MS
_FORGET_MS = 60_000
_KEPT_MS = 48_000


class Looked(NamedTuple):
    """A block of 16 s of PPG, looked at in windows of 8 s that end every 2 s.

    Source: this project.

    Attributes
    ----------
    end_ms : int
        End of the block, and of its last window. [ms]
    likelihoods : ndarray, shape (8, rates)
        Of each pulse rate; NaN where a window cannot be read. [-]
    is_whole : bool
        Whether every window inside the block can be read.
    motion_g : float
        How much the arm swung in any of them; NaN when not known. [g]
    wave : ndarray, shape (400,)
        The block's first channel on the even grid. [device units]
    """

    end_ms: int
    likelihoods: Float
    is_whole: bool
    motion_g: float
    wave: Float


class PpgStream:
    """Pairs PPG with the acceleration of the same time; PPG waits for it, but not longer than the next block takes.

    Memory: 6 s of both, one block and what waits, 48 s of acceleration.

    Source: this project; that chunks do not matter is shown by tests/conformance/test_detectors.py.
    """

    def __init__(self) -> None:
        self._channels = 1
        self._blocks = self._fresh_blocks()
        self._waiting: list[Block] = []
        self._before = self._nothing()
        self._t, self._acc = list[Times](), list[NDArray[np.float32]]()
        self._acc_ms: int | None = None

    def _fresh_blocks(self) -> EvenBlocks:
        return EvenBlocks(Shape(step_ms=STEP_MS, core_ms=BLOCK_MS, before_ms=0, after_ms=0, channels=self._channels))

    def _nothing(self) -> Float:
        return np.full((_BEFORE, self._channels + 3), np.nan)

    @property
    def last_ms(self) -> int | None:
        """Time of the newest PPG sample; None before the first. [ms]."""
        return self._blocks.last_ms

    def feed_acc(self, t_ms: Times, acc: NDArray[np.floating[Any]]) -> Iterator[Looked]:
        """Take acceleration; yield the blocks that waited for it.

        Parameters
        ----------
        t_ms : ndarray, shape (n,)
            At least one, not decreasing. [ms]
        acc : ndarray, shape (n, 3)
            NaN is a missing sample. [g]

        Yields
        ------
        Looked
            In order of time.
        """
        self._t.append(np.asarray(t_ms, dtype=np.int64))
        self._acc.append(np.asarray(acc, dtype=np.float32))
        self._acc_ms = int(t_ms[-1])
        yield from self._ready()
        oldest_ms = min(self._acc_ms, self._waiting[0].core_ms if self._waiting else self._acc_ms) - _KEPT_MS
        while self._t and self._t[0][-1] < oldest_ms:
            del self._t[0], self._acc[0]

    def feed(self, t_ms: Times, values: NDArray[np.floating[Any]]) -> Iterator[Looked]:
        """Take PPG; yield the blocks that are complete now.

        Parameters
        ----------
        t_ms : ndarray, shape (n,)
            Not decreasing. [ms]
        values : ndarray, shape (n, channels)
            NaN is a missing sample; another number of channels starts afresh. [device units]

        Yields
        ------
        Looked
            In order of time.
        """
        if values.shape[1] != self._channels:
            self._channels = values.shape[1]
            self._blocks, self._waiting, self._before = self._fresh_blocks(), [], self._nothing()
        for block in self._blocks.feed(t_ms, values):
            self._waiting.append(block)
            yield from self._ready()

    def flush(self) -> Iterator[Looked]:
        """Give out what waits and what has begun, with what there is; the next sample starts afresh.

        Yields
        ------
        Looked
            In order of time.
        """
        self._waiting += self._blocks.flush()
        while self._waiting:
            yield self._look(self._waiting.pop(0))
        self._blocks, self._before = self._fresh_blocks(), self._nothing()

    def _ready(self) -> Iterator[Looked]:
        while self._waiting:
            end_ms = self._waiting[0].core_ms + BLOCK_MS
            newest_ms = self._waiting[-1].core_ms + BLOCK_MS
            has_acc = self._acc_ms is not None and self._acc_ms > end_ms - _FORGET_MS
            if has_acc and (self._acc_ms or 0) < end_ms and newest_ms < end_ms + _WAIT_MS:
                return
            yield self._look(self._waiting.pop(0))

    def _look(self, block: Block) -> Looked:
        fresh = np.concatenate([block.grid, self._acceleration(block.core_ms)], axis=1)
        whole = np.concatenate([self._before, fresh])
        self._before = whole[-_BEFORE:]
        windows = _windows(whole)
        found = pulse_likelihoods(windows[:, :-3], windows[:, -3:])
        inside = slice(_INSIDE, None)
        motion_g = float(found.motion_g[inside].max())
        is_whole = bool(np.isfinite(found.rates[inside, 0]).all())
        return Looked(block.core_ms + BLOCK_MS, found.rates, is_whole, motion_g, block.grid[:, 0])

    def _acceleration(self, start_ms: int) -> Float:
        """Return the acceleration of a block; NaN where there is none."""
        if self._t:
            t, acc = np.concatenate(self._t), np.concatenate(self._acc)
            first, last = np.searchsorted(t, (start_ms - _EDGE_MS, start_ms + BLOCK_MS))
            if first < last:
                times = t[first:last].astype(np.float64)
                values = acc[first:last].astype(np.float64)
                return even_grid(times, values, start_ms=start_ms, step_ms=STEP_MS, n=_BLOCK)
        return np.full((_BLOCK, 3), np.nan)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        t = np.concatenate(self._t) if self._t else np.empty(0, dtype=np.int64)
        acc = np.concatenate(self._acc) if self._acc else np.empty((0, 3), dtype=np.float32)
        return {
            "channels": self._channels,
            "blocks": self._blocks.snapshot(),
            "waiting": [[block.core_ms, block.grid.astype("<f8").tobytes()] for block in self._waiting],
            "before": self._before.astype("<f8").tobytes(),
            "t_ms": t.astype("<i8").tobytes(),
            "acc": acc.astype("<f4").tobytes(),
            "acc_ms": self._acc_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._channels = state["channels"]
        self._blocks = self._fresh_blocks()
        self._blocks.restore(state["blocks"])
        grids = [(t, np.frombuffer(raw, dtype="<f8").astype(np.float64)) for t, raw in state["waiting"]]
        self._waiting = [Block(core_ms, grid.reshape(-1, self._channels)) for core_ms, grid in grids]
        before = np.frombuffer(state["before"], dtype="<f8").astype(np.float64)
        self._before = before.reshape(_BEFORE, self._channels + 3)
        t = np.frombuffer(state["t_ms"], dtype="<i8").astype(np.int64)
        acc = np.frombuffer(state["acc"], dtype="<f4").astype(np.float32).reshape(-1, 3)
        self._t, self._acc = ([t], [acc]) if len(t) else ([], [])
        self._acc_ms = state["acc_ms"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._blocks.shift(by_ms)
        self._waiting = [block._replace(core_ms=shifted(block.core_ms, by_ms)) for block in self._waiting]
        self._t = [t_ms + by_ms for t_ms in self._t]
        self._acc_ms = shifted(self._acc_ms, by_ms)


def _windows(whole: Float) -> Float:
    """Return the windows of a block, each channel in a row of its own. [unit of the signal]."""
    rows = np.ascontiguousarray(whole.T)
    return np.array([rows[:, first : first + SAMPLES] for first in _FIRSTS])
