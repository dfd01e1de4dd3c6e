"""The queue as its template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anhu.contract.priority import Priority
from api.schemas.desk import QueueView, RowView
from api.web.cards import Card
from api.web.queue_lines import DENSE_FROM, By, Line, Row, queue_lines

AT_FIRST = 40
"""How many lines the page itself holds; its script fetches the rest packed, which a page with a token may not be."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as the template draws it.

    Attributes
    ----------
    dense : bool
        So many that each is a row.
    mark : str
        Of the alerts it was made from; empty where lines are left out, so that the script asks for them.
    """

    lines: tuple[Line, ...]
    shown: int
    total: int
    show: str
    by: str
    mark: str
    watches_anybody: bool
    dense: bool
    counts: tuple[tuple[str, int], ...]
    practice: int
    down: tuple[str, ...] = ()

    @classmethod
    def of(cls, queue: QueueView, show: str, *, by: By, down: Sequence[str], first: bool = False) -> Queue:
        """Return the queue with the counts of open alerts, the most urgent first, and what is `down`.

        Parameters
        ----------
        first : bool
            Only the lines of the page itself.
        """
        names = [priority.name.lower() for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW)]
        cards = {card.alert.id: Card.of(card, may_respond=True) for card in queue.cards}
        lines = queue_lines([Row(row, cards.get(row.id)) for row in queue.rows], by)
        cut = first and len(lines) > AT_FIRST
        return cls(
            lines=tuple(lines[:AT_FIRST] if cut else lines),
            shown=len(queue.rows),
            total=queue.total,
            show=show,
            by=by.value,
            mark="" if cut else queue.mark,
            watches_anybody=queue.watches_anybody,
            dense=is_dense(queue.rows),
            counts=tuple((name, queue.open_by_priority.get(name, 0)) for name in names),
            practice=queue.practice,
            down=tuple(down),
        )


def is_dense(rows: Sequence[RowView]) -> bool:
    """Tell whether there are so many that each is a row."""
    return len(rows) >= DENSE_FROM


def first_lines(rows: Sequence[RowView], by: By) -> Sequence[Line]:
    """Return the lines that the page itself holds."""
    return queue_lines([Row(row, None) for row in rows], by)[:AT_FIRST]
