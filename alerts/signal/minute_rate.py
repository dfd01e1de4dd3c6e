"""A heart rate minute by minute, and whether it can be one, or a dropout of the recorder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from statistics import median
from typing import Any

from alerts.signal.packed import added, length, packed, unpacked, without_first
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

    __slots__ = ("_closed_ms", "_dense", "_period_s", "_steps_ms", "_values")

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._dense: tuple[float, ...] = ()
        self._closed_ms = 0
        self._steps_ms = packed()  # from the one before: four bytes a minute, the last one being of `_closed_ms`
        self._values = packed()

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
            self._dense += (value,)
            return None
        self._dense = ()
        self._steps_ms = added(self._steps_ms, t_ms - self._closed_ms if self._values else 0)
        self._closed_ms = t_ms
        self._values = added(self._values, closed)
        if length(self._values) > _KEPT:
            self._steps_ms, self._values = without_first(self._steps_ms), without_first(self._values)
        return closed

    @property
    def _at_ms(self) -> list[int]:
        """When each minute closed. [ms]."""
        steps = accumulate(reversed(unpacked(self._steps_ms)[1:]))
        return [self._closed_ms - int(step) for step in (*[*steps][::-1], 0)] if self._values else []

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
        at_ms, values = self._at_ms, unpacked(self._values)
        if not at_ms:
            return False
        since = at_ms[-1] - _SURE_AGAIN_MS
        ends = range(min(_STEPS, max(_FEWEST_STEPS, len(values) - 1)), len(values))
        near = (i for i in ends if at_ms[i] >= since and _is_near(at_ms, i, _STEPS))
        spans = (values[max(0, i - _STEPS) : i + 1] for i in near)
        return any(_jumps(span) for span in spans if sum(map(is_beyond, span)) >= _BEYOND)

    def has_holes(self) -> bool:
        """Tell whether readings failed twice in a quarter of an hour: one pause is a watch that was taken off.

        Returns
        -------
        bool
            True: not to be believed.
        """
        at_ms = self._at_ms
        if not at_ms:
            return False
        since = at_ms[-1] - _SURE_AGAIN_MS
        hole_ms = _HOLE * max(MINUTE_MS, self._period_s * SECOND_MS) if self._period_s > 0 else math.inf
        return sum(b - a > hole_ms and b >= since for a, b in pairwise(at_ms)) >= _HOLES

    def is_frozen(self) -> bool:
        """Tell whether it jumped less than seven minutes ago and has stood still since, or lies on a slanting ruler.

        A heart that stood still for longer may be one, and is told; none changes evenly for eight minutes.

        Returns
        -------
        bool
            True: not to be believed.
        """
        values = unpacked(self._values)
        if not values or not _is_near(self._at_ms, len(values) - 1, _FLAT_FOR):
            return False
        if _is_straight(values[-_RULED:], _RULED) and abs(values[-1] - values[-_RULED]) >= _SLANT_BPM:
            return True
        recent = values[-_FLAT_FOR - 1 :]
        has_jumped = any(abs(b - a) > _JUMP_SHARE * a for a, b in pairwise(recent))
        return has_jumped and _is_straight(values[-_FLAT:], _FLAT)

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self._closed_ms, list(self._dense), self._at_ms, [*map(_short, unpacked(self._values))]]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self._closed_ms, dense, at_ms, values = state
        self._dense, self._values = tuple(dense), packed(values)
        self._steps_ms = packed((0, *(b - a for a, b in pairwise(at_ms))) if at_ms else ())

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._closed_ms = shifted(self._closed_ms, by_ms)


def _short(value: float) -> float:
    """Return a whole number as one: it takes a byte or two in a snapshot instead of nine."""
    return int(value) if value == int(value) else value


def _is_near(at_ms: Sequence[int], i: int, steps: int) -> bool:
    return at_ms[i] - at_ms[max(0, i - steps)] <= _SPAN_MS


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
