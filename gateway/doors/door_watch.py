"""Which front doors are alive, and what this one does for all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from gateway.lines import LineBook

_BEAT_S = 2.0
_ALIVE_S = 4.0
"""A door whose beat stands still for so long is not waited for. [s]"""
_DEAD_S = 10.0
_OWN_S = 6.0
"""Without a beat of our own for so long others may think us dead: we do nothing for them any more. [s]"""
_MOST_STEP_S = 1.0
_FORGOTTEN_S = 3_600.0
_UNSEEN = (0, False)
"""A door says that it is there before it takes a line."""


class DoorWatch:
    """Beats for this door, and sees the beats of others; calls block.

    Only the time counts in which we looked: who was away himself, or whose database was, holds nobody for dead by it.

    Attributes
    ----------
    is_given_up : bool
        The others hold us for dead, and have forgotten us: this run must end.
    """

    def __init__(self, book: LineBook, door: str, now_s: Callable[[], float]) -> None:
        self._book, self._door, self._now_s = book, door, now_s
        self._beats: dict[str, tuple[int, bool]] = {}
        self._still_s: dict[str, float] = {}
        self._slow: dict[str, int] = {}
        self._looked_s = self._beaten_s = float("-inf")
        self._names: frozenset[str] = frozenset()
        self._duties: Collection[str] = ()
        self.is_given_up = False

    def begin(self) -> None:
        """Say that this door is there."""
        self._book.beat(self._door, is_first=True)
        self._beaten_s = self._now_s()
        self._look()

    def look(self) -> None:
        """Beat, and look at the others, when it is time."""
        now_s = self._now_s()
        if now_s - self._beaten_s < _BEAT_S:
            return
        if not self._book.beat(self._door):
            self.is_given_up = True
            return
        self._look()
        if self._names:
            self._duties = self._book.duties(self._door, sorted(self._names), self.dead())
        self._beaten_s = now_s

    def _look(self) -> None:
        now_s = self._now_s()
        step_s = min(now_s - self._looked_s, _BEAT_S + _MOST_STEP_S) if self._beats else 0.0
        self._looked_s = now_s
        seen = {row.door: (row.beat, row.ended) for row in self._book.doors()}
        self._still_s = {
            door: self._still_s.get(door, 0.0) + step_s if self._beats.get(door) == now else 0.0
            for door, now in seen.items()
        }
        self._beats = seen

    def is_alive(self, door: str) -> bool:
        """Tell whether a door will answer soon; one that we have not seen yet began since we looked."""
        beat, ended = self._beats.get(door, _UNSEEN)
        return not ended and self._still_s.get(door, 0.0) < _ALIVE_S and self._slow.get(door) != beat

    def is_slow(self, door: str) -> None:
        """Take that a door did not answer: it is not waited for until it beats again."""
        self._slow[door] = self._beats.get(door, _UNSEEN)[0]

    def dead(self, for_s: float = 0.0) -> Sequence[str]:
        """Return the doors that ended or died, so long ago or longer. [s]."""
        still = self._still_s.items()
        return [d for d, s in still if d != self._door and s >= for_s + (0.0 if self._beats[d][1] else _DEAD_S)]

    def forgotten(self) -> Sequence[str]:
        """Return the doors that died so long ago that nobody need know of them."""
        return self.dead(_FORGOTTEN_S)

    def want(self, duty: str) -> None:
        """Be ready to do something for all doors."""
        self._names |= {duty}

    def has(self, duty: str) -> bool:
        """Tell whether it is we who do it."""
        return duty in self._duties and self._now_s() - self._beaten_s < _OWN_S

    def others(self) -> int:
        """Return how many other doors live."""
        return sum(d != self._door and self.is_alive(d) for d in self._beats)
