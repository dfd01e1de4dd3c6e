"""Who holds lines of one kind, and what is counted of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.lines import Line, Ousted


class LineHolder(Protocol):
    """A door that holds lines of one kind."""

    def ousted(self, one: Ousted) -> bytes | None:
        """Let a line go that is another's now; return what is to be kept of its session, None for no word of it."""
        ...

    def has(self, line: Line) -> bool:
        """Tell whether a line has a connection here."""
        ...


@dataclass(slots=True)
class SwitchboardCounters:
    """Counts since the start.

    Attributes
    ----------
    lines_taken, lines_lost : int
        Taken over from another door, and by another door.
    lines_unclaimed : int
        Let in while the database did not answer.
    lines_unanswered : int
        The door that held the device before did not let it go in time.
    lines_failed : int
        Rounds in which the database did not answer.
    lines_adopted : int
        Devices of a dead door that came back to none: they were told to be away.
    """

    lines_taken: int = 0
    lines_lost: int = 0
    lines_unclaimed: int = 0
    lines_unanswered: int = 0
    lines_failed: int = 0
    lines_adopted: int = 0
