"""The queue as its template draws it."""

from __future__ import annotations

from dataclasses import dataclass

from anhu.contract.priority import Priority
from api.schemas.desk import QueueView
from api.web.cards import Card
from api.web.queue_lines import DENSE_FROM, Line, queue_lines


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as the template draws it.

    Attributes
    ----------
    dense : bool
        So many that each is a row.
    """

    lines: tuple[Line, ...]
    shown: int
    total: int
    show: str
    mark: str
    watches_anybody: bool
    dense: bool
    counts: tuple[tuple[str, int], ...]
    down: tuple[str, ...] = ()

    @classmethod
    def of(cls, queue: QueueView, show: str, *, may_respond: bool, down: tuple[str, ...]) -> Queue:
        """Return the queue with the counts of open alerts, the most urgent first, and what is `down`."""
        names = [priority.name.lower() for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW)]
        cards = [Card.of(card, may_respond=may_respond) for card in queue.cards]
        return cls(
            lines=tuple(queue_lines(cards)),
            shown=len(cards),
            total=queue.total,
            show=show,
            mark=queue.mark,
            watches_anybody=queue.watches_anybody,
            dense=len(cards) >= DENSE_FROM,
            counts=tuple((name, queue.open_by_priority.get(name, 0)) for name in names),
            down=down,
        )
