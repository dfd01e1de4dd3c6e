"""A heart rate minute by minute, and whether it can be one, or a dropout of the recorder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS, SECOND_MS

_MINUTE_MS = 50 * SECOND_MS
"""A value that comes this long after the last one is a minute's own; a device is some seconds early or late."""
_KEPT = 22
_SPAN_MS = 12 * MINUTE_MS
"""Five steps that took longer are not from minute to minute."""
_SURE_AGAIN_MS = 15 * MINUTE_MS
_STEPS, _FEWEST_STEPS, _BEYOND = 5, 3, 2
_HOLE, _HOLES = 1.8, 2
_ROUGH_SHARE = 0.12
_FASTEST_UNEVEN_BPM = 190.0
"""Faster than this an old heart is regular: the node between atria and ventricles lets no more of a fibrillation by."""
_UNEVEN_BPM = 8.0
_JUMP_SHARE = 0.3
_FLAT = 4
_FLAT_BPM = 0.5
_FLAT_FOR = 7
_RULED = 8
_SLANT_BPM = 2.0


class MinuteRate:
    """The last minutes of one heart rate: medians of a minute where it comes more often, single values where not.

    Source: limits are this project's, chosen on half of the people of CAST; measured in alerts/measured/homes.md.

    Parameters
    ----------
    period_s : float
        How often the device reports; 0 when that is not known. [s]
    """

    __slots__ = ("_at_ms", "_closed_ms", "_dense", "_hole_ms", "_values")

    def __init__(self, period_s: float) -> None:
        self._hole_ms = _HOLE * max(MINUTE_MS, period_s * SECOND_MS) if period_s > 0 else math.inf
        self._dense: list[float] = []
        self._closed_ms = 0
        self._at_ms: list[int] = []
        self._values: list[float] = []

    def closes(self, t_ms: int, value: float) -> float | None:
        """Return the minute's value if this reading would close one.

        Parameters
        ----------
        t_ms : int
            When it was measured. [ms]
        value : float
            The rate. [/min]

        Returns
        -------
        float or None
            The minute's rate. [/min]
        """
        if t_ms - self._closed_ms < _MINUTE_MS:
            return None
        return median((*self._dense, value)) if self._dense else value

    def take(self, t_ms: int, value: float) -> float | None:
        """Take a reading, not before the last one; return the minute's value if it closes one.

        Parameters
        ----------
        t_ms : int
            When it was measured. [ms]
        value : float
            The rate. [/min]

        Returns
        -------
        float or None
            The minute's rate. [/min]
        """
        closed = self.closes(t_ms, value)
        if closed is None:
            self._dense.append(value)
            return None
        self._dense = []
        self._closed_ms = t_ms
        self._at_ms.append(t_ms)
        self._values.append(closed)
        if len(self._values) > _KEPT:
            del self._at_ms[0], self._values[0]
        return closed

    def is_rough(self, is_beyond: Callable[[float], bool]) -> bool:
        """Tell whether it jumped from minute to minute as no heart does, now or in the last quarter of an hour.

        Of five steps running the median is over 12 % of the rate (none above 190 /min) and over 8 /min; or it went both
        up and down by 30 % within five minutes. Minutes at rest may differ as they like.

        Parameters
        ----------
        is_beyond : callable
            Whether a rate [/min] is beyond a limit: two of the five minutes are, or the steps do not count.

        Returns
        -------
        bool
            True: not to be believed.
        """
        if not self._at_ms:
            return False
        since = self._at_ms[-1] - _SURE_AGAIN_MS
        ends = range(min(_STEPS, max(_FEWEST_STEPS, len(self._values) - 1)), len(self._values))
        near = (i for i in ends if self._at_ms[i] >= since and self._is_near(i, _STEPS))
        spans = (self._values[max(0, i - _STEPS) : i + 1] for i in near)
        return any(_jumps(span) for span in spans if sum(map(is_beyond, span)) >= _BEYOND)

    def _is_near(self, i: int, steps: int) -> bool:
        return self._at_ms[i] - self._at_ms[max(0, i - steps)] <= _SPAN_MS

    def has_holes(self) -> bool:
        """Tell whether readings failed twice in a quarter of an hour: one pause is a watch that was taken off.

        Returns
        -------
        bool
            True: not to be believed.
        """
        if not self._at_ms:
            return False
        since = self._at_ms[-1] - _SURE_AGAIN_MS
        return sum(b - a > self._hole_ms and b >= since for a, b in pairwise(self._at_ms)) >= _HOLES

    def is_frozen(self) -> bool:
        """Tell whether it jumped less than seven minutes ago and has stood still since, or lies on a slanting ruler.

        A heart that stood still for longer may be one, and is told; none changes evenly for eight minutes.

        Returns
        -------
        bool
            True: not to be believed.
        """
        values = self._values
        if not values or not self._is_near(len(values) - 1, _FLAT_FOR):
            return False
        if _is_straight(values[-_RULED:], _RULED) and abs(values[-1] - values[-_RULED]) >= _SLANT_BPM:
            return True
        recent = values[-_FLAT_FOR - 1 :]
        has_jumped = any(abs(b - a) > _JUMP_SHARE * a for a, b in pairwise(recent))
        return has_jumped and _is_straight(values[-_FLAT:], _FLAT)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self._closed_ms, list(self._dense), list(self._at_ms), list(self._values)]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self._closed_ms, dense, at_ms, values = state
        self._dense, self._at_ms, self._values = list(dense), list(at_ms), list(values)

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._closed_ms = shifted(self._closed_ms, by_ms)
        self._at_ms = [shifted(t_ms, by_ms) for t_ms in self._at_ms]


def _jumps(values: Sequence[float]) -> bool:
    steps = [b - a for a, b in pairwise(values)]
    shares = [step / max(before, 1.0) for step, before in zip(steps, values, strict=False)]
    if max(shares) > _JUMP_SHARE and min(shares) < -_JUMP_SHARE:
        return True
    usual = median(values)
    share = 0.0 if usual >= _FASTEST_UNEVEN_BPM else _ROUGH_SHARE
    return median(map(abs, steps)) > max(_UNEVEN_BPM, share * usual)


def _is_straight(values: Sequence[float], least: int) -> bool:
    bends = (abs(a - 2 * b + c) for a, b, c in zip(values, values[1:], values[2:], strict=False))
    return len(values) >= least and all(bend <= _FLAT_BPM for bend in bends)
