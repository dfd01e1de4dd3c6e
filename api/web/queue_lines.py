"""The queue as lines: cards, and headings over those that one cause, or one place, makes many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from zlib import crc32

from api.schemas.desk import RowView
from api.web.buildings import building_of, street_of
from api.web.cards import Card

GROUP_FROM = 5
"""So many of one kind in one centre, or of one device, stand under a heading."""
DENSE_FROM = 7
"""From so many on a card is a row."""
_NAMED = 3
_UNACKED = "unacked"


class By(StrEnum):
    """What makes several stand under one heading."""

    CAUSE = "cause"
    """The same kind in one centre, or one device."""
    BUILDING = "building"
    STREET = "street"


@dataclass(frozen=True, slots=True)
class Row:
    """An alert of the queue; without a card it is one that the reader holds as it is."""

    said: RowView
    card: Card | None

    @property
    def is_unanswered(self) -> bool:
        """Whether it is open and nobody answers it."""
        return self.said.is_open and self.said.response == _UNACKED


@dataclass(frozen=True, slots=True)
class Line:
    """A card, or a heading over some.

    Attributes
    ----------
    group : str
        Key of the heading, or of the heading it stands under; empty for a card of its own.
    what : str
        ``card``, ``newest``, ``kind``, ``device``, ``place`` or ``answered``.
    folded : bool
        Whether the cards below are hidden until somebody opens the heading.
    rows : sequence of Row
        The card, or all below the heading.
    """

    what: str
    group: str
    folded: bool
    rows: Sequence[Row]

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"group-{self.group}" if self.what != "card" else f"card-{self.rows[0].said.id}"

    @property
    def first(self) -> RowView:
        """The card, or the first below the heading."""
        return self.rows[0].said

    @property
    def mark(self) -> str:
        """What differs when the heading says something different."""
        return f"{crc32(repr((self.folded, [row.said.id for row in self.rows])).encode()):08x}"

    @property
    def names(self) -> Sequence[str]:
        """Some of the residents, each once."""
        return list(dict.fromkeys(row.said.resident_name for row in self.rows))[:_NAMED]

    @property
    def kinds(self) -> Sequence[tuple[str, int]]:
        """Kind -> how many of it stand below, the most frequent first."""
        return Counter(row.said.kind for row in self.rows).most_common(_NAMED)

    @property
    def at_once(self) -> bool:
        """Whether all below may be answered together: one kind, and no call for help."""
        kinds = {row.said.kind for row in self.rows}
        return len(self.rows) > 1 and len(kinds) == 1 and not any(row.said.call_for_help for row in self.rows)

    @property
    def oldest_ms(self) -> int:
        """When the oldest of them began. [ms]."""
        return min(row.said.started_at_ms for row in self.rows)


def queue_lines(rows: Sequence[Row], by: By = By.CAUSE) -> list[Line]:
    """Return the lines of a queue: the newest call for help where the eye is, then the unanswered in their order."""
    waiting = [row for row in rows if row.is_unanswered]
    answered = [row for row in rows if not row.is_unanswered and row.said.is_open]
    closed = [row for row in rows if not row.said.is_open]
    lines = list(_newest(waiting)) if len(waiting) >= DENSE_FROM else []
    shown = {line.first.id for line in lines}
    lines += [line for line in _grouped(waiting, by) if line.what != "card" or line.first.id not in shown]
    if answered:
        fold = bool(waiting) and len(rows) >= DENSE_FROM
        lines += _under("answered", "answered", answered, folded=fold)
    return lines + [_card(row) for row in closed]


def _newest(waiting: Sequence[Row]) -> Iterator[Line]:
    """Yield the call for help that came last, where it is not the first anyway: it must not wait at the end of many."""
    calls = [row for row in waiting if row.said.call_for_help]
    newest = max(calls, key=lambda row: row.said.newest_call, default=None)
    if newest is not None and newest is not waiting[0]:
        yield Line("newest", "newest", folded=False, rows=[newest])
        yield _card(newest)


def _grouped(waiting: Sequence[Row], by: By) -> Iterator[Line]:
    key = _by_cause(waiting) if by is By.CAUSE else _by_place(waiting, by)
    places: dict[tuple[str, str], int] = {}
    for place, row in enumerate(waiting):
        places.setdefault(key(row), place)
    ordered = sorted(waiting, key=lambda row: places[key(row)])
    for (what, group), found in groupby(ordered, key=key):
        below = list(found)
        if what == "card":
            yield from map(_card, below)
        else:
            yield from _under(what, group, below, folded=not any(row.said.priority == "high" for row in below))


def _by_cause(waiting: Sequence[Row]) -> Callable[[Row], tuple[str, str]]:
    kinds = Counter(_kind(row) for row in waiting)
    devices = Counter(row.said.device_id for row in waiting if row.said.device_id)

    def key(row: Row) -> tuple[str, str]:
        if kinds[_kind(row)] >= GROUP_FROM:
            return "kind", _kind(row)
        if devices[row.said.device_id] >= GROUP_FROM:
            return "device", row.said.device_id
        return "card", row.said.id

    return key


def _by_place(waiting: Sequence[Row], by: By) -> Callable[[Row], tuple[str, str]]:
    place_of = building_of if by is By.BUILDING else street_of
    places = {row.said.id: place_of(row.said.address) for row in waiting}
    counts = Counter(places.values())

    def key(row: Row) -> tuple[str, str]:
        place = places[row.said.id]
        return ("place", place) if place and counts[place] > 1 else ("card", row.said.id)

    return key


def _kind(row: Row) -> str:
    return f"{row.said.kind}-{row.said.priority}-{row.said.centre_id}"


def _under(what: str, group: str, rows: Sequence[Row], *, folded: bool) -> list[Line]:
    return [Line(what, group, folded, rows), *(Line("card", group, folded, [row]) for row in rows)]


def _card(row: Row) -> Line:
    return Line("card", "", folded=False, rows=[row])
