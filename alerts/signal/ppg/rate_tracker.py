"""Follows a rate through windows whose spectra are ambiguous: a belief over all rates instead of one guess.

A hidden Markov model [1]_: the rate walks a little from window to window, each window's spectrum says how likely each
rate is, and a few later windows help to decide (fixed-lag smoothing). How much belief stands around the estimate says
how sure it is, so that "no estimate" can be said instead of a wrong one.

References
----------
.. [1] L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech recognition," Proc IEEE
   77(2):257-286, 1989, doi:10.1109/5.18626.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from alerts.signal.motion import Float
from alerts.time_shift import shifted


class Estimate(NamedTuple):
    """A rate.

    Source: this project.

    Attributes
    ----------
    t_ms : int
        End of its window. [ms]
    rate : float
        What was counted: pulses or breaths. [/min]
    sure : float
        Share of the belief around it; 0 to 1. [-]
    """

    t_ms: int
    rate: float
    sure: float


class RateTracker:
    """Turns likelihoods over a grid of rates into estimates, some windows later.

    Windows overlap, so likelihoods that were multiplied as they are would make it far too sure: the caller tempers
    them until the belief is as often right as it says (alerts/measured/pulse.md).

    Source: the forward and backward steps of [1]_ over a fixed lag; the numbers are this project's, measured in
    alerts/measured/pulse.md.

    Parameters
    ----------
    grid : ndarray, shape (n,)
        Rates, evenly spaced. [/min]
    walk : float
        Standard deviation of the change from window to window. [/min]
    around : float
        Belief within this of the estimate makes it sure. [/min]
    lag : int
        Windows waited for at least. [windows]
    """

    def __init__(self, grid: Float, *, walk: float, around: float, lag: int) -> None:
        self._grid = grid
        step = float(grid[1] - grid[0])
        half = min(round(7.5 * walk / step), (len(grid) - 1) // 2)
        self._kernel = np.exp(-0.5 * (np.arange(-half, half + 1) * step / walk) ** 2)
        self._kernel /= self._kernel.sum()
        self._near = np.abs(grid[:, None] - grid) < around + 0.5 * step
        self._lag = lag
        self._belief = np.full(len(grid), 1.0 / len(grid))
        self._waiting: list[tuple[int, Float, Float]] = []

    def feed(self, windows: Iterable[tuple[int, Float]]) -> Iterator[Estimate]:
        """Take the next windows; yield the estimates that are decided now, together.

        Parameters
        ----------
        windows : iterable of (int, ndarray of shape (n,))
            End of each [ms], and the likelihood of each rate of the grid, above 0, not normalised [-].

        Yields
        ------
        Estimate
            Of all windows but the last `lag`, in order of time.
        """
        for t_ms, likelihood in windows:
            self._belief = self._walked(self._belief) * likelihood
            self._belief /= self._belief.sum()
            self._waiting.append((t_ms, self._belief, likelihood))
        if len(self._waiting) > self._lag:
            yield from self._decided(len(self._waiting) - self._lag)

    def flush(self) -> Iterator[Estimate]:
        """Give out what still waits; the next window starts afresh.

        Yields
        ------
        Estimate
            In order of time.
        """
        if self._waiting:
            yield from self._decided(len(self._waiting))
        self._belief = np.full(len(self._grid), 1.0 / len(self._grid))

    def _walked(self, belief: Float) -> Float:
        return np.correlate(belief, self._kernel, "same")  # the same for a kernel that is alike both ways

    def _decided(self, count: int) -> Iterator[Estimate]:
        later = np.ones(len(self._grid))
        joint = np.empty((count, len(self._grid)))
        for i in range(len(self._waiting) - 1, -1, -1):
            _, belief, likelihood = self._waiting[i]
            if i < count:
                joint[i] = belief * later
            if i:
                later = self._walked(later * likelihood)
        near = joint * self._near[joint.argmax(axis=1)]
        weight = near.sum(axis=1)
        rates, sure = near @ self._grid / weight, weight / joint.sum(axis=1)
        done, self._waiting = self._waiting[:count], self._waiting[count:]
        for (t_ms, _, _), rate, share in zip(done, rates.tolist(), sure.tolist(), strict=True):
            yield Estimate(t_ms, rate, share)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state."""
        waiting = [
            [t, belief.astype("<f8").tobytes(), like.astype("<f8").tobytes()] for t, belief, like in self._waiting
        ]
        return {"belief": self._belief.astype("<f8").tobytes(), "waiting": waiting}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._belief = _numbers(state["belief"])
        self._waiting = [(t, _numbers(belief), _numbers(like)) for t, belief, like in state["waiting"]]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._waiting = [(shifted(t, by_ms), belief, like) for t, belief, like in self._waiting]


def _numbers(raw: bytes) -> Float:
    return np.frombuffer(raw, dtype="<f8").astype(np.float64)
