"""Who was looked at while something was chosen, and what a figure may therefore call itself.

`alerts/measured/development.toml` lists the people behind each hand-set constant, `alerts/models/*.json` those behind
each stored model; what a figure claims is held against both, person by person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from hashlib import md5, sha256
from pathlib import Path
from typing import Literal

import msgspec

from alerts.accuracy.cards import Card, read_card
from alerts.accuracy.row import COSTS, AccuracyRow, Chosen

FILE = Path(__file__).parents[1] / "measured" / "development.toml"
MADE_UP = "made up"
"""The set of messages that nobody sent: what they cost stands with that of everybody."""
OTHERS = "costs"
_SHOWN = 3
_WEAKEST_FIRST = (Chosen.SAME_PEOPLE, Chosen.LEFT_OUT_PEOPLE, Chosen.LEFT_OUT_SET, Chosen.NOT_CHOSEN)


def is_development(person: str) -> bool:
    """Return whether a person (``set/name``) belongs to the half that constants are chosen on: the hash is even."""
    return sha256(person.encode()).digest()[0] % 2 == 0


def _by_name(person: str) -> bool:
    return is_development(person.rpartition("/")[2])


def _by_md5(person: str) -> bool:
    return md5(person.encode(), usedforsecurity=False).digest()[-1] % 2 == 0


def _by_md5_within(person: str) -> bool:
    return _by_md5(person.partition("/")[2])


Half = Literal["", "even", "even by name", "even by md5", "even by md5 within the set"]
_HALVES: Mapping[Half, Callable[[str], bool]] = {
    "": lambda _: True,
    "even": is_development,
    "even by name": _by_name,
    "even by md5": _by_md5,
    "even by md5 within the set": _by_md5_within,
}


class Constant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that was chosen by hand, and while looking at whom: people as ``set/name``, ``*`` for anything.

    Attributes
    ----------
    half : str
        Of these people only those whose hash is even: of ``set/name``; of the last part of the name; by MD5 instead, of
        ``set/name`` or of what follows the set. Empty: all.
    """

    detector: str
    what: str
    on: tuple[str, ...]
    half: Half = ""

    def seen(self, person: str) -> bool:
        """Return whether it was chosen looking at this person."""
        return any(fnmatchcase(person, pattern) for pattern in self.on) and _HALVES[self.half](person)


class Development(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that was chosen.

    Attributes
    ----------
    nothing_chosen : tuple of str
        Detectors by published limits, or round numbers set before the first look.
    models : mapping
        Detector -> the cards of its models, files in `alerts/models`.
    card_of : mapping
        Card -> the folder of sets that its people are in, where that is not the folder of all.
    names : mapping
        Set -> how its people are called, as a regular expression: who is called otherwise could not be found among
        those who trained or were looked at.
    too_fine : tuple of str
        Groups that are printed and not published; ``*`` for anything.
    parts : mapping
        Published file -> the detectors whose figures it holds.
    same_person : mapping
        A recording -> the name by which its person counts.
    """

    nothing_chosen: tuple[str, ...]
    models: Mapping[str, tuple[str, ...]]
    card_of: Mapping[str, str] = {}  # msgspec copies it
    names: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    too_fine: tuple[str, ...] = ()
    same_person: Mapping[str, str]
    chosen: tuple[Constant, ...]

    @classmethod
    @cache
    def read(cls, file: Path = FILE) -> Development:
        """Return what is written."""
        return msgspec.toml.decode(file.read_bytes(), type=cls)

    def person(self, dataset: str, name: str) -> str:
        """Return the one name of a person, as ``set/name``; a set inside a folder may stand before the name already."""
        within = dataset.rpartition("/")[2]
        bare = name.removeprefix(f"{dataset}/").removeprefix(f"{within}/")
        full = f"{dataset}/{bare}"
        return self.same_person.get(full, full)

    def cards(self, detector: str) -> list[Card]:
        """Return who trained the models of a detector."""
        alike = tuple(self.same_person.items())
        return [read_card(name, self.card_of.get(name, ""), alike) for name in self.models.get(detector, ())]

    def is_published(self, row: AccuracyRow) -> bool:
        """Return whether a row is told: not too fine, and a cost, or somebody said what it may call itself."""
        fine = any(fnmatchcase(row.group, pattern) for pattern in self.too_fine)
        return not fine and (row.chosen is not None or row.metric in COSTS)

    def part(self, row: AccuracyRow) -> str:
        """Return the published file that a row belongs to."""
        first = row.detector.partition("+")[0]
        there = (part for part, detectors in self.parts.items() if first in detectors)
        return OTHERS if row.dataset == MADE_UP else next(there, OTHERS)

    def names_well(self, person: str) -> bool:
        """Return whether a person (``set/name``) is called as the people of the set are."""
        dataset, _, name = person.partition("/")
        return re.fullmatch(self.names.get(dataset, r"(?!)"), name) is not None

    def claim(self, detector: str, dataset: str, name: str) -> Chosen | None:
        """Return what a figure of one person may call itself by what was chosen by hand; None where nobody wrote it.

        Where models judge as well, by ones that never saw the person, or the set.
        """
        constants = list(self.constants(detector))
        if not constants and detector not in self.models:
            return Chosen.NOT_CHOSEN if detector in self.nothing_chosen else None
        if any(one.seen(self.person(dataset, name)) for one in constants):
            return Chosen.SAME_PEOPLE
        of_set = any(_of_set(pattern, dataset) for one in constants for pattern in one.on)
        return Chosen.LEFT_OUT_PEOPLE if of_set else Chosen.LEFT_OUT_SET

    def claim_judged(self, detector: str, dataset: str, name: str, *, whole_set: bool = False) -> Chosen | None:
        """Return what a figure of one person may call itself who was judged by a model that never saw the person.

        Parameters
        ----------
        whole_set : bool
            The model saw nobody of the set; matters where some did.
        """
        chosen = self.claim(detector, dataset, name)
        trained = not whole_set and any(card.knows(dataset) for card in self.cards(detector))
        return Chosen.LEFT_OUT_PEOPLE if trained and chosen is Chosen.LEFT_OUT_SET else chosen

    def claim_together(
        self, detector: str, dataset: str, people: Collection[str], *, whole_set: bool = False
    ) -> Chosen | None:
        """Return what a figure of several people together may call itself: one who was developed on is enough."""
        said = {self.claim_judged(detector, dataset, name, whole_set=whole_set) for name in people}
        if None in said:
            return None
        return next((chosen for chosen in _WEAKEST_FIRST if chosen in said), None)

    def constants(self, detector: str) -> Iterator[Constant]:
        """Yield what was chosen by hand for a detector."""
        yield from (one for one in self.chosen if one.detector == detector)


def refused(row: AccuracyRow, people: Collection[str], development: Development) -> list[str]:
    """Return why a figure may not be published as what it says; empty if it may.

    Parameters
    ----------
    people : collection of str
        Whose figure it is.
    """
    if row.chosen is None:
        return ["nobody said on whom its constants were chosen"]
    if not people:
        return ["it does not say whose figure it is"]
    if row.chosen is Chosen.SAME_PEOPLE:
        return []
    named = sorted({development.person(row.dataset, name) for name in people})
    strangers = _told("not a name of the set:", [name for name in named if not development.names_well(name)])
    return [*strangers, *(why for one in row.detector.split("+") for why in _seen(one, row, named, development))]


def _seen(detector: str, row: AccuracyRow, people: Collection[str], development: Development) -> Iterator[str]:
    constants = list(development.constants(detector))
    cards = development.cards(detector)
    if not constants and not cards and detector not in development.nothing_chosen:
        yield f"{detector}: nobody wrote down what was chosen for it, on whom"
    if row.chosen is Chosen.NOT_CHOSEN and (constants or cards):
        yield f"{detector}: something was chosen: {constants[0].what if constants else 'its trees'}"
        return
    whole_set = row.chosen is Chosen.LEFT_OUT_SET
    for one in constants:
        yield from _told(f"{detector}: {one.what}: chosen on", [person for person in people if one.seen(person)])
        if whole_set and any(_of_set(pattern, row.dataset) for pattern in one.on):
            yield f"{detector}: {one.what}: chosen on people of {row.dataset}, which is not left out whole"
    if cards and row.model and not any(row.model in card.trained_on for card in cards):
        yield f"{detector}: no such model: {row.model}"
    for card in cards:
        if card.knows(row.dataset):
            yield from _trained(detector, row, people, card)


def _of_set(pattern: str, dataset: str) -> bool:
    """Return whether somebody of a set may be meant: the parts of both names agree as far as they go."""
    return all(fnmatchcase(one, part) for one, part in zip(dataset.split("/"), pattern.split("/"), strict=False))


def _trained(detector: str, row: AccuracyRow, people: Collection[str], card: Card) -> Iterator[str]:
    if row.model and row.model not in card.trained_on:
        return  # another card's, or nobody's, which is told apart
    judges = {person: card.judge_of(person, row.model) for person in people}
    yield from _told(
        f"{detector}: the model that judged them was trained on",
        [person for person, judge in judges.items() if person in card.trained_on[judge]],
    )
    if row.chosen is Chosen.LEFT_OUT_SET:
        own = f"{row.dataset}/"
        models = {judge for judge in judges.values() if any(p.startswith(own) for p in card.trained_on[judge])}
        if models:
            yield f"{detector}: trained on others of {row.dataset}: {', '.join(sorted(models))}"


def _told(what: str, people: Collection[str]) -> Iterator[str]:
    if people:
        more = f" and {len(people) - _SHOWN} more" if len(people) > _SHOWN else ""
        yield f"{what} {', '.join(sorted(people)[:_SHOWN])}{more}"
