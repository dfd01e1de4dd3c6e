"""Whether somebody walks just now, by a step counter that counts on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts.time_shift import shifted
from anhu.contract.clock import MINUTE_MS

_PACE_PER_MIN = 30.0
_AFTER_MS = 5 * MINUTE_MS
_LONGEST_MS = 15 * MINUTE_MS


class Walking:
    """At least 30 steps a minute between two counts: walking, and for five minutes after it.

    Counts more than a quarter of an hour apart say nothing of when the steps were taken.

    Source: this project.
    """

    __slots__ = ("_at_ms", "_count", "_until_ms")

    def __init__(self) -> None:
        self._at_ms = 0
        self._count = 0.0
        self._until_ms = 0

    def take(self, t_ms: int, steps: float) -> None:
        """Take a count; one that is lower than before begins anew.

        Parameters
        ----------
        t_ms : int
            When it was counted. [ms]
        steps : float
            The count. [steps]
        """
        spent_ms, taken = t_ms - self._at_ms, steps - self._count
        if 0 < spent_ms <= _LONGEST_MS and taken * MINUTE_MS >= _PACE_PER_MIN * spent_ms:
            self._until_ms = t_ms + _AFTER_MS
        self._at_ms, self._count = t_ms, steps

    def is_on(self, t_ms: int) -> bool:
        """Tell whether somebody walks, or has walked just now.

        Parameters
        ----------
        t_ms : int
            When. [ms]

        Returns
        -------
        bool
            True up to five minutes after the last steps.
        """
        return t_ms <= self._until_ms

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self._at_ms, self._count, self._until_ms]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self._at_ms, self._count, self._until_ms = state

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._at_ms = shifted(self._at_ms, by_ms)
        self._until_ms = shifted(self._until_ms, by_ms)
