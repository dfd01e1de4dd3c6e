"""Slides and slumps without a knock: a posture left within seconds, then stillness in another.

Whoever slides off a chair or sinks down along a wall may never feel 1.6 g. What is left of such a fall is that gravity
pulls from elsewhere than a few seconds ago and that the body is still. So does whoever lies down: the stretches found
here are only a second gate, and the learned stage decides on what they look like.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from alerts.signal.fall.impact import PRE_MS, Impact, ImpactGate, Samples, Times, stretch
from alerts.time_shift import shifted

BLOCK_MS = 2_000
"""Posture and movement are summed up in blocks of this length. [ms]"""
TURNED_DEG = 50.0
"""Smallest change of posture that is looked at. [deg]"""
KEPT_MS = 5 * BLOCK_MS + PRE_MS + 500
"""How long an `ImpactGate` must keep samples for `lowest`. [ms]"""
_BLOCKS = 5
_SAME_DEG = 20.0
_STILL_G = 0.05
_MIN_SAMPLES = 12


class _Block(NamedTuple):
    start_ms: int
    mean: tuple[float, float, float]
    spread: float


class Slide(NamedTuple):
    """Where somebody may have gone down without a knock.

    Source: this project.

    Attributes
    ----------
    start_ms, end_ms : int
        The posture changed within. [ms]
    ready_ms : int
        When that, and the stillness after it, were known. [ms]
    """

    start_ms: int
    end_ms: int
    ready_ms: int


class SlideGate:
    """Collects samples in blocks; lets through changes of posture by 50 degrees that end in 4 s of stillness.

    However the stream is cut into chunks, the slides are the same.

    Source: this project; what it costs and finds is measured in alerts/measured/falls.md.
    """

    def __init__(self) -> None:
        self._start_ms: int | None = None  # of the block that is being collected
        self._chunks: list[tuple[Times, Samples]] = []
        self._blocks: deque[_Block] = deque(maxlen=_BLOCKS)

    def feed(self, t_ms: Times, acc: Samples) -> list[Slide]:
        """Take the next samples.

        Parameters
        ----------
        t_ms : ndarray, shape (n,)
            At least one, not decreasing. [ms]
        acc : ndarray, shape (n, 3)
            NaN is a missing sample. [g]

        Returns
        -------
        list of Slide
            Those that are known now.
        """
        self._chunks.append((t_ms, acc))
        last_ms = int(t_ms[-1])
        if self._start_ms is None:
            self._start_ms = int(t_ms[0]) // BLOCK_MS * BLOCK_MS
        if last_ms < self._start_ms + BLOCK_MS:
            return []
        t, samples = self._collected()
        found: list[Slide] = []
        first = 0
        while last_ms >= self._start_ms + BLOCK_MS:
            last = int(np.searchsorted(t, self._start_ms + BLOCK_MS))
            found += self._block(self._start_ms, samples[first:last])
            first = last
            self._start_ms += (int(t[first]) - self._start_ms) // BLOCK_MS * BLOCK_MS
        self._chunks = [(t[first:], samples[first:])]
        return found

    def _collected(self) -> tuple[Times, Samples]:
        if len(self._chunks) == 1:
            return self._chunks[0]
        return np.concatenate([t for t, _ in self._chunks]), np.concatenate([acc for _, acc in self._chunks])

    def _block(self, start_ms: int, acc: Samples) -> list[Slide]:
        x, y, z = (np.add.reduce(acc, axis=0) / max(len(acc), 1)).tolist()
        if not math.isfinite(x + y + z):
            acc = acc[np.isfinite(acc).all(axis=1)]
            x, y, z = (np.add.reduce(acc, axis=0) / max(len(acc), 1)).tolist()
        if len(acc) < _MIN_SAMPLES:
            self._blocks.clear()
            return []
        if self._blocks and self._blocks[-1].start_ms != start_ms - BLOCK_MS:
            self._blocks.clear()
        turned = any(_angle_deg(earlier.mean, (x, y, z)) >= TURNED_DEG - _SAME_DEG for earlier in self._blocks)
        self._blocks.append(_Block(start_ms, (x, y, z), _spread(acc) if turned else math.inf))
        return [self._slide()] if turned and self._went_down() else []

    def _went_down(self) -> bool:
        if len(self._blocks) < _BLOCKS:
            return False
        before, _, late, down, still = self._blocks
        if down.spread > _STILL_G or still.spread > _STILL_G or _angle_deg(before.mean, still.mean) < TURNED_DEG:
            return False
        already = late.spread <= _STILL_G and _angle_deg(late.mean, down.mean) < _SAME_DEG
        return not already and _angle_deg(down.mean, still.mean) < _SAME_DEG

    def _slide(self) -> Slide:
        down = self._blocks[-2].start_ms
        return Slide(down - 2 * BLOCK_MS, down, down + 2 * BLOCK_MS)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._start_ms = shifted(self._start_ms, by_ms)
        self._chunks = [(t_ms + by_ms, acc) for t_ms, acc in self._chunks]
        moved = (block._replace(start_ms=shifted(block.start_ms, by_ms)) for block in self._blocks)
        self._blocks = deque(moved, maxlen=_BLOCKS)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        t, acc = self._collected() if self._chunks else (np.empty(0, np.int64), np.empty((0, 3), np.float32))
        return {
            "start_ms": self._start_ms,
            "t_ms": t.astype("<i8").tobytes(),
            "acc": acc.astype("<f4").tobytes(),
            "blocks": [[start_ms, *mean, spread] for start_ms, mean, spread in self._blocks],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        t = np.frombuffer(state["t_ms"], dtype="<i8").astype(np.int64)
        acc = np.frombuffer(state["acc"], dtype="<f4").astype(np.float32).reshape(-1, 3)
        self._chunks = [(t, acc)] if len(t) else []
        self._start_ms = state["start_ms"]
        blocks = (_Block(int(start_ms), (x, y, z), spread) for start_ms, x, y, z, spread in state["blocks"])
        self._blocks = deque(blocks, maxlen=_BLOCKS)


def lowest(slide: Slide, gate: ImpactGate, gate_g: float) -> Impact | None:
    """Return the stretch around the hardest sample of a slide.

    Source: this project.

    Parameters
    ----------
    slide : Slide
        Where somebody may have gone down.
    gate : ImpactGate
        Keeps the samples, at least `KEPT_MS` of them.
    gate_g : float
        From here on it was a knock, and is judged as one. [g]

    Returns
    -------
    Impact or None
        None for a knock, or where nothing was kept.
    """
    t, acc = gate.since(slide.start_ms, slide.end_ms)
    squared = np.einsum("ij,ij->i", acc, acc)
    squared[~np.isfinite(squared)] = -1.0
    if not len(t) or squared.max() >= gate_g * gate_g:
        return None
    return stretch(gate, int(t[squared.argmax()]), slide.ready_ms)


def _spread(acc: Samples) -> float:
    """Return how much the length varies; asked only where the posture changed. [g]."""
    return float(np.sqrt(np.einsum("ij,ij->i", acc, acc)).std())


def _angle_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Return the angle between two vectors in plain arithmetic: arrays would cost ten times as much. [deg]."""
    length = math.hypot(*a) * math.hypot(*b)
    inner = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return math.degrees(math.acos(max(-1.0, min(1.0, inner / length)))) if length > 0.0 else 0.0
