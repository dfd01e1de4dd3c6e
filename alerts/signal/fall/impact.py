"""The cheap gate in front of fall detection: find hard impacts in a stream of acceleration."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.signal.motion import Float, even_grid
from alerts.time_shift import shifted

STEP_MS = 20
"""Width of a bin of an impact's grid: 50 Hz. [ms]"""
PRE_MS = 3_000
"""How much before the peak belongs to an impact. [ms]"""
POST_MS = 3_500
"""How much after the peak belongs to an impact. [ms]"""
SEARCH_MS = 1_000
"""The peak is the largest sample within this time from the first crossing of the gate. [ms]"""
_MARGIN_MS = 500

Times = NDArray[np.int64]
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Impact:
    """A hard knock, with the stretch of signal around it.

    Source: this project.

    Attributes
    ----------
    peak_ms : int
        Time of the largest sample. [ms]
    ready_ms : int
        From when it could be judged; the stretch ends here. [ms]
    grid : ndarray, shape (325, 3)
        Acceleration from `PRE_MS` before to `POST_MS` after the peak at 50 Hz; NaN where missing. [g]
    """

    peak_ms: int
    ready_ms: int
    grid: Float


@dataclass(slots=True)
class _Pending:
    first_ms: int
    peak_ms: int
    peak: float


class ImpactGate:
    """Collects samples; lets through only those stretches whose vector length exceeds a limit.

    However the stream is cut into chunks, the impacts are the same. Quiet samples cost one comparison each.

    Source: this project; what the gate costs and misses is measured in alerts/MEASURED.md.

    Parameters
    ----------
    gate_g : float
        Smallest vector length that starts an impact. [g]
    kept_ms : int
        How long samples are kept at least, for who asks later. [ms]
    """

    def __init__(self, gate_g: float, kept_ms: int = 0) -> None:
        self._gate = gate_g * gate_g
        self.kept_ms = kept_ms
        self._chunks: deque[tuple[int, Times, Samples]] = deque()
        self._pending: list[_Pending] = []
        self._last_ms: int | None = None

    @property
    def last_ms(self) -> int | None:
        """Time of the newest sample; None before the first. [ms]."""
        return self._last_ms

    @property
    def waiting(self) -> bool:
        """Whether an impact waits for the samples after it."""
        return bool(self._pending)

    def feed(self, t_ms: Times, acc: Samples) -> list[Impact]:
        """Take the next samples.

        Parameters
        ----------
        t_ms : ndarray, shape (n,)
            At least one, not decreasing. [ms]
        acc : ndarray, shape (n, 3)
            NaN is a missing sample. [g]

        Returns
        -------
        list of Impact
            Those whose stretch is complete now.
        """
        last_ms = int(t_ms[-1])
        self._chunks.append((last_ms, t_ms, acc))
        self._last_ms = last_ms
        squared = np.einsum("ij,ij->i", acc, acc)
        if np.fmax.reduce(squared) >= self._gate:
            hot = squared >= self._gate
            self._mark(t_ms[hot], squared[hot])
        done: list[Impact] = []
        while self._pending and last_ms >= self._pending[0].peak_ms + POST_MS:
            peak_ms = self._pending.pop(0).peak_ms
            done.append(stretch(self, peak_ms, peak_ms + POST_MS))
        self._forget(last_ms)
        return done

    def flush(self) -> list[Impact]:
        """Take note that the stream stopped.

        Returns
        -------
        list of Impact
            Those that waited, with what there is.
        """
        last_ms = self._last_ms or 0
        done = [stretch(self, pending.peak_ms, last_ms + 1) for pending in self._pending]
        self._pending.clear()
        return done

    def since(self, start_ms: int, end_ms: int) -> tuple[Times, Samples]:
        """Return the kept samples with start <= t < end.

        Parameters
        ----------
        start_ms, end_ms : int
            The stretch. [ms]

        Returns
        -------
        tuple of ndarray, shape (n,) and (n, 3)
            Times [ms], acceleration [g].
        """
        if not self._chunks:
            return np.empty(0, dtype=np.int64), np.empty((0, 3), dtype=np.float32)
        t = np.concatenate([chunk[1] for chunk in self._chunks])
        first, last = np.searchsorted(t, (start_ms, end_ms))
        acc = np.concatenate([chunk[2] for chunk in self._chunks])
        return t[first:last], acc[first:last]

    def _mark(self, t_ms: Times, squared: Samples) -> None:
        first = 0
        while first < len(t_ms):
            at = int(t_ms[first])
            if not self._pending or at >= self._pending[-1].first_ms + SEARCH_MS:
                self._pending.append(_Pending(at, at, -1.0))
            pending = self._pending[-1]
            last = int(np.searchsorted(t_ms, pending.first_ms + SEARCH_MS))
            best = first + int(squared[first:last].argmax())
            if squared[best] > pending.peak:
                pending.peak, pending.peak_ms = float(squared[best]), int(t_ms[best])
            first = last

    def _forget(self, last_ms: int) -> None:
        oldest = self._pending[0].first_ms if self._pending else last_ms
        keep_ms = oldest - max(self.kept_ms, PRE_MS + SEARCH_MS + _MARGIN_MS)
        while self._chunks and self._chunks[0][0] < keep_ms:
            self._chunks.popleft()

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        t, acc = self.since(-(2**62), 2**62)
        return {
            "t_ms": t.astype("<i8").tobytes(),
            "acc": acc.astype("<f4").tobytes(),
            "last_ms": self._last_ms,
            "pending": [[p.first_ms, p.peak_ms, p.peak] for p in self._pending],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        t = np.frombuffer(state["t_ms"], dtype="<i8").astype(np.int64)
        acc = np.frombuffer(state["acc"], dtype="<f4").astype(np.float32).reshape(-1, 3)
        self._chunks = deque([(int(t[-1]), t, acc)] if len(t) else [])
        self._last_ms = state["last_ms"]
        self._pending = [_Pending(int(first), int(peak), float(value)) for first, peak, value in state["pending"]]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._chunks = deque((shifted(last, by_ms), t_ms + by_ms, acc) for last, t_ms, acc in self._chunks)
        self._last_ms = shifted(self._last_ms, by_ms)
        self._pending = [_Pending(shifted(p.first_ms, by_ms), shifted(p.peak_ms, by_ms), p.peak) for p in self._pending]


def stretch(gate: ImpactGate, peak_ms: int, ready_ms: int) -> Impact:
    """Return the kept stretch around a moment, up to when it is judged.

    Source: this project.

    Parameters
    ----------
    gate : ImpactGate
        Keeps the samples.
    peak_ms, ready_ms : int
        The moment, and the end of what is known. [ms]

    Returns
    -------
    Impact
        NaN where nothing was kept.
    """
    start_ms = peak_ms - PRE_MS
    t, acc = gate.since(start_ms - _MARGIN_MS, ready_ms)
    grid = even_grid(
        (t - start_ms).astype(np.float64),
        acc.astype(np.float64),
        start_ms=0.0,
        step_ms=STEP_MS,
        n=(PRE_MS + POST_MS) // STEP_MS,
    )
    return Impact(peak_ms=peak_ms, ready_ms=ready_ms, grid=grid)
