"""The queue as lines: cards, and headings over those that one cause makes many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zlib import crc32

from api.web.cards import Card

GROUP_FROM = 5
"""So many of one kind in one centre, or of one device, stand under a heading."""
DENSE_FROM = 7
"""From so many on a card is a row."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A card, or a heading over some.

    Attributes
    ----------
    group : str
        Key of the heading, or of the heading it stands under; empty for a card of its own.
    what : str
        ``card``, ``kind``, ``device`` or ``answered``.
    folded : bool
        Whether the cards below are hidden until somebody opens the heading.
    cards : sequence of Card
        The card, or all below the heading.
    """

    what: str
    group: str
    folded: bool
    cards: Sequence[Card]

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"group-{self.group}" if self.what != "card" else f"card-{self.cards[0].alert.id}"

    @property
    def mark(self) -> str:
        """What differs when the heading says something different."""
        return f"{crc32(repr((self.folded, [card.alert.id for card in self.cards])).encode()):08x}"

    @property
    def names(self) -> Sequence[str]:
        """Some of the residents, each once."""
        return list(dict.fromkeys(card.alert.resident_name for card in self.cards))[:_NAMED]

    @property
    def oldest_ms(self) -> int:
        """When the oldest of them began. [ms]."""
        return min(card.alert.started_at_ms for card in self.cards)


def queue_lines(cards: Sequence[Card]) -> list[Line]:
    """Return the lines of a queue: the unanswered in their order, then a heading with those that somebody answers."""
    waiting = [card for card in cards if card.is_unanswered]
    answered = [card for card in cards if not card.is_unanswered and card.alert.is_open]
    closed = [card for card in cards if not card.alert.is_open]
    lines = list(_grouped(waiting))
    if answered:
        fold = bool(waiting) and len(cards) >= DENSE_FROM
        lines += _under("answered", "answered", answered, folded=fold)
    return lines + [_card(card) for card in closed]


def _grouped(waiting: Sequence[Card]) -> Iterator[Line]:
    kinds = Counter(_kind(card) for card in waiting)
    devices = Counter(card.alert.device_id for card in waiting if card.alert.device_id)

    def key(card: Card) -> tuple[str, str]:
        if kinds[_kind(card)] >= GROUP_FROM:
            return "kind", _kind(card)
        if devices[card.alert.device_id] >= GROUP_FROM:
            return "device", card.alert.device_id
        return "card", card.alert.id

    places: dict[tuple[str, str], int] = {}
    for place, card in enumerate(waiting):
        places.setdefault(key(card), place)
    ordered = sorted(waiting, key=lambda card: places[key(card)])
    for (what, group), found in groupby(ordered, key=key):
        below = list(found)
        if what == "card":
            yield from map(_card, below)
        else:
            yield from _under(what, group, below, folded=all(card.alert.priority != "high" for card in below))


def _kind(card: Card) -> str:
    return f"{card.alert.kind}-{card.alert.priority}-{card.alert.centre_id}"


def _under(what: str, group: str, cards: Sequence[Card], *, folded: bool) -> list[Line]:
    return [Line(what, group, folded, cards), *(Line("card", group, folded, [card]) for card in cards)]


def _card(card: Card) -> Line:
    return Line("card", "", folded=False, cards=[card])
