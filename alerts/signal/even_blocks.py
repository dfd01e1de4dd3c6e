"""A waveform as it arrives, cut into even blocks that do not depend on how it arrived.

Blocks are anchored at the first sample of a stretch; each has a core, and context before and after it. What is made
of a block therefore depends on the samples only: any chunking and a restart at any point give the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.signal.motion import Float, even_grid
from alerts.time_shift import shifted

Times = NDArray[np.int64]
_EDGE_MS = 200


def stretches(t_ms: Times, gap_ms: int) -> Iterator[slice]:
    """Return the parts of some samples between which nothing came for longer than a gap.

    Source: this project.

    Parameters
    ----------
    t_ms : ndarray, shape (n,)
        At least one, not decreasing. [ms]
    gap_ms : int
        A longer silence parts two stretches. [ms]

    Yields
    ------
    slice
        Of the samples of one stretch, in order.
    """
    if not len(t_ms) or t_ms[-1] - t_ms[0] <= gap_ms:  # most windows are shorter than any gap
        return iter((slice(0, len(t_ms)),))
    cuts = [0, *(np.flatnonzero(np.diff(t_ms) > gap_ms) + 1).tolist(), len(t_ms)]
    return (slice(first, last) for first, last in itertools.pairwise(cuts))


class Block(NamedTuple):
    """An even stretch of signal.

    Source: this project.

    Attributes
    ----------
    core_ms : int
        Time of the first core sample. [ms]
    grid : ndarray, shape (before + core + after, channels)
        NaN where missing. [unit of the signal]
    """

    core_ms: int
    grid: Float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How blocks are cut; all times are multiples of the step.

    Source: this project.

    Attributes
    ----------
    step_ms, core_ms, before_ms, after_ms : int
        Of a sample, of the core, of the context before and after it. [ms]
    channels : int
        Columns of the signal. [-]
    """

    step_ms: int
    core_ms: int
    before_ms: int
    after_ms: int
    channels: int = 1

    @property
    def before(self) -> int:
        """Samples of context before the core."""
        return self.before_ms // self.step_ms

    @property
    def core(self) -> int:
        """Samples of the core."""
        return self.core_ms // self.step_ms


class EvenBlocks:
    """Collects samples and hands out complete blocks; keeps no more than one block and the newest chunk.

    Source: this project; that chunks do not matter is shown by tests/conformance/test_detectors.py.

    Parameters
    ----------
    shape : Shape
        How blocks are cut.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._t: list[Times] = []
        self._v: list[NDArray[np.float32]] = []
        self._anchor_ms: int | None = None
        self._next = 0
        self.last_ms: int | None = None

    def feed(self, t_ms: Times, values: NDArray[np.floating[Any]]) -> Iterable[Block]:
        """Take the next samples; return the blocks that are complete now.

        Parameters
        ----------
        t_ms : ndarray, shape (n,)
            Not decreasing, nor before what was fed already. [ms]
        values : ndarray, shape (n, channels)
            NaN is a missing sample. [unit of the signal]

        Returns
        -------
        iterable of Block
            In order of time, each cut when it is asked for.
        """
        if not len(t_ms):
            return ()
        if self._anchor_ms is None:
            self._anchor_ms = int(t_ms[0])
        self._t.append(np.asarray(t_ms, dtype=np.int64))
        self._v.append(np.asarray(values, dtype=np.float32))
        self.last_ms = int(t_ms[-1])
        return self._complete() if self._is_complete() else ()

    def _is_complete(self) -> bool:
        shape = self.shape
        return self._core_ms() + shape.core_ms + shape.after_ms + _EDGE_MS <= (self.last_ms or 0)

    def _complete(self) -> Iterator[Block]:
        while self._is_complete():
            yield self._cut(self._core_ms())

    def flush(self) -> Iterator[Block]:
        """Yield what has begun, with what there is; the stretch is over.

        Yields
        ------
        Block
            In order of time; NaN where nothing came.
        """
        while self.last_ms is not None and self._anchor_ms is not None and self._core_ms() < self.last_ms:
            yield self._cut(self._core_ms())
        self._t, self._v, self._anchor_ms, self._next, self.last_ms = [], [], None, 0, None

    def _core_ms(self) -> int:
        return (self._anchor_ms or 0) + self._next * self.shape.core_ms

    def _cut(self, core_ms: int) -> Block:
        shape = self.shape
        start_ms = core_ms - shape.before_ms
        end_ms = core_ms + shape.core_ms + shape.after_ms
        t, v = np.concatenate(self._t), np.concatenate(self._v)
        first, last = t.searchsorted((start_ms - _EDGE_MS, end_ms + _EDGE_MS))
        grid = even_grid(
            t[first:last].astype(np.float64),
            v[first:last].astype(np.float64),
            start_ms=start_ms,
            step_ms=shape.step_ms,
            n=(end_ms - start_ms) // shape.step_ms,
        )
        block = Block(core_ms, grid)
        self._next += 1
        keep = int(t.searchsorted(self._core_ms() - shape.before_ms - _EDGE_MS))
        self._t, self._v = [t[keep:].copy()], [v[keep:].copy()]
        return block

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        t = np.concatenate(self._t) if self._t else np.empty(0, dtype=np.int64)
        v = np.concatenate(self._v) if self._v else np.empty((0, self.shape.channels), dtype=np.float32)
        return {
            "t_ms": t.astype("<i8").tobytes(),
            "values": v.astype("<f4").tobytes(),
            "anchor_ms": self._anchor_ms,
            "next": self._next,
            "last_ms": self.last_ms,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._t = [np.frombuffer(state["t_ms"], dtype="<i8").astype(np.int64)]
        values = np.frombuffer(state["values"], dtype="<f4").astype(np.float32)
        self._v = [values.reshape(-1, self.shape.channels)]
        self._anchor_ms, self._next, self.last_ms = state["anchor_ms"], state["next"], state["last_ms"]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._t = [t_ms + by_ms for t_ms in self._t]
        self._anchor_ms = shifted(self._anchor_ms, by_ms)
        self.last_ms = shifted(self.last_ms, by_ms)
