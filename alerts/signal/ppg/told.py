"""How many of the rates that a live pulse wave should give were told: what is withheld is counted, and seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS

SPAN_MS: Final = 5 * MINUTE_MS
"""Counted in parts of this length. [ms]"""


class ToldShare:
    """Counts estimates, told or withheld, over the last so many minutes.

    Source: this project.

    Parameters
    ----------
    within_ms : int
        Older parts do not count. [ms]
    """

    def __init__(self, within_ms: int) -> None:
        self._most = within_ms // SPAN_MS
        self._parts: list[list[int]] = []

    def feed(self, t_ms: int, *, told: bool) -> bool:
        """Count an estimate.

        Parameters
        ----------
        t_ms : int
            Its time, not before the last one's. [ms]
        told : bool
            Whether it was sure enough.

        Returns
        -------
        bool
            Whether a part of five minutes is complete by it.
        """
        last_ms = self._parts[-1][0] if self._parts else None
        ended = last_ms is not None and t_ms >= last_ms + SPAN_MS
        if last_ms is None or ended:
            start_ms = t_ms if last_ms is None else t_ms - (t_ms - last_ms) % SPAN_MS
            self._parts = [p for p in self._parts if p[0] >= start_ms - self._most * SPAN_MS]
            self._parts.append([start_ms, 0, 0])
        self._parts[-1][1] += told
        self._parts[-1][2] += 1
        return ended

    def share(self, parts: int = 0) -> float:
        """Return which share of the counted estimates was told.

        Parameters
        ----------
        parts : int
            Of so many newest complete parts; 0: of all, with the present one. [-]

        Returns
        -------
        float
            0 to 1; NaN when none was counted. [-]
        """
        counted = self._parts[-parts - 1 : -1] if parts else self._parts
        seen = sum(part[2] for part in counted)
        return sum(part[1] for part in counted) / seen if seen else float("nan")

    @property
    def seen(self) -> int:
        """How many estimates the complete parts counted."""
        return sum(part[2] for part in self._parts[:-1])

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [list(part) for part in self._parts]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self._parts = [list(part) for part in state]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._parts = [[shifted(start_ms, by_ms), told, seen] for start_ms, told, seen in self._parts]
