"""N of M: one odd window decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts.time_shift import shifted


class Votes:
    """Counts yes among the last readable windows of some minutes, with hysteresis.

    Source: this project.

    Parameters
    ----------
    needed, of : int
        On from `needed` yes among the last `of`; off again when at least `of` are there and no more than
        ``of - needed`` of them are yes. [windows]
    within_ms : int
        Older windows do not count. [ms]
    """

    def __init__(self, needed: int, of: int, within_ms: int) -> None:
        self._needed, self._of, self._within_ms = needed, of, within_ms
        self._cast: list[tuple[int, bool]] = []
        self.on = False

    @property
    def yes(self) -> int:
        """How many of the counted windows say yes."""
        return sum(vote for _, vote in self._cast)

    @property
    def counted(self) -> int:
        """How many windows count now."""
        return len(self._cast)

    def cast(self, t_ms: int, *, yes: bool) -> bool:
        """Count a window.

        Parameters
        ----------
        t_ms : int
            Its time, not before the last one's. [ms]
        yes : bool
            What it says.

        Returns
        -------
        bool
            Whether this turned it on or off.
        """
        recent = [vote for vote in self._cast if vote[0] > t_ms - self._within_ms]
        self._cast = [*recent, (t_ms, yes)][-self._of :]
        if not self.on and self.yes >= self._needed:
            self.on = True
            return True
        if self.on and self.counted == self._of and self.yes <= self._of - self._needed:
            self.on = False
            return True
        return False

    def snapshot(self) -> list[Any]:
        """Return the whole state."""
        return [self.on, [list(vote) for vote in self._cast]]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a state."""
        self.on, cast = state
        self._cast = [(int(t), bool(vote)) for t, vote in cast]

    def shift(self, by_ms: int) -> None:
        """Move every time that is remembered. [ms]."""
        self._cast = [(shifted(t_ms, by_ms), vote) for t_ms, vote in self._cast]
