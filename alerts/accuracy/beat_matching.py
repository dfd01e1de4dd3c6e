"""Counts found, missed and invented beats, each within 150 ms (ANSI/AAMI EC57)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WITHIN_MS = 150.0
"""How far a found beat may be from the marked one. [ms]"""


class BeatTally(NamedTuple):
    """Counts of cases."""

    found: int
    missed: int
    invented: int

    @property
    def marked(self) -> int:
        """How many there are."""
        return self.found + self.missed

    @property
    def sensitivity(self) -> float:
        """Share of what is there that was found."""
        return self.found / max(1, self.marked)

    @property
    def ppv(self) -> float:
        """Share of what was said that is there."""
        return self.found / max(1, self.found + self.invented)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.invented)

    def __add__(self, other: object) -> BeatTally:  # counts add up, they do not join
        """Return the counts of both."""
        if not isinstance(other, BeatTally):
            return NotImplemented
        return BeatTally(self.found + other.found, self.missed + other.missed, self.invented + other.invented)


def matched(marked_ms: NDArray[np.float64], found_ms: NDArray[np.float64]) -> BeatTally:
    """Match each marked beat with the nearest found one that is still free, in time order. [ms]."""
    i = j = hits = 0
    marked, found = marked_ms.tolist(), found_ms.tolist()
    while i < len(marked) and j < len(found):
        apart = found[j] - marked[i]
        nearer_next = j + 1 < len(found) and abs(found[j + 1] - marked[i]) < abs(apart)
        if apart < -WITHIN_MS or (apart <= WITHIN_MS and nearer_next):
            j += 1
        elif apart > WITHIN_MS:
            i += 1
        else:
            hits, i, j = hits + 1, i + 1, j + 1
    return BeatTally(hits, len(marked) - hits, len(found) - hits)
