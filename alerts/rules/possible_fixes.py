"""Which fixes can be: a receiver without one says zero or a pole, and nobody is far away at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from alerts.signal.geodesy import distance_m, is_nowhere
from alerts.time_shift import shifted
from anhu.contract.clock import SECOND_MS
from anhu.contract.observation import AttributeValue

_FASTEST_M_S = 300.0
_SPREAD_M = 10_000.0
"""Two fixes by cell tower may be so far apart while nobody moves. [m]"""

Place = tuple[float, float]


def numbers(attributes: Mapping[str, AttributeValue], *names: str) -> tuple[float, ...] | None:
    """Return attributes that are all finite numbers; None if one is not."""
    found = []
    for name in names:
        value = attributes.get(name)
        if isinstance(value, (str, bool)) or value is None or not math.isfinite(value):
            return None
        found.append(float(value))
    return tuple(found)


class PossibleFixes:
    """Judges each fix by the last one that could be; who really travelled is believed as time goes on."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[int, float, float] | None = None

    def takes(self, t_ms: int, place: Place) -> bool:
        """Tell whether somebody can be there, and remember it. [ms, deg]."""
        if is_nowhere(*place):
            return False
        if self._last is not None:
            last_ms, *before = self._last
            reach_m = _SPREAD_M + _FASTEST_M_S * max(0, t_ms - last_ms) / SECOND_MS
            if distance_m((before[0], before[1]), place) > reach_m:
                return False
        self._last = (t_ms, *place)
        return True

    def snapshot(self) -> list[float] | None:
        """Return the whole state."""
        return None if self._last is None else [*self._last]

    def restore(self, state: Sequence[float] | None) -> None:
        """Take over a state."""
        self._last = None if state is None else (int(state[0]), state[1], state[2])

    def shift(self, by_ms: int) -> None:
        """Move the time that is remembered. [ms]."""
        if self._last is not None:
            self._last = (shifted(self._last[0], by_ms), *self._last[1:])
