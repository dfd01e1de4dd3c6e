"""Who was looked at while something was chosen, and what a figure may therefore call itself.

`alerts/measured/development.toml` lists the people behind each hand-set constant, `alerts/models/*.json` those behind
each stored model; what a figure claims is held against both, person by person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from hashlib import md5, sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from alerts.accuracy.row import COSTS, AccuracyRow, Chosen

FILE = Path(__file__).parents[1] / "measured" / "development.toml"
MODELS = Path(__file__).parents[1] / "models"
MADE_UP = "made up"
"""The set of messages that nobody sent: what they cost stands with that of everybody."""
OTHERS = "costs"
_SHIPPED = "shipped"
_SHOWN = 3


def is_development(person: str) -> bool:
    """Return whether a person (``set/name``) belongs to the half that constants are chosen on: the hash is even."""
    return sha256(person.encode()).digest()[0] % 2 == 0


def _by_name(person: str) -> bool:
    return is_development(person.rpartition("/")[2])


def _by_md5(person: str) -> bool:
    return md5(person.partition("/")[2].encode(), usedforsecurity=False).digest()[-1] % 2 == 0


Half = Literal["", "even", "even by name", "even by md5"]
_HALVES: Mapping[Half, Callable[[str], bool]] = {
    "": lambda _: True,
    "even": is_development,
    "even by name": _by_name,
    "even by md5": _by_md5,
}


class Constant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that was chosen by hand, and while looking at whom: people as ``set/name``, ``*`` for anything.

    Attributes
    ----------
    half : str
        Of these people only those whose hash is even: of ``set/name``; of the last part of the name; by MD5, of what
        follows the set. Empty: all.
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
        Detector -> the card of its models, a file in `alerts/models`.
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
    models: Mapping[str, str]
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
        """Return the one name of a person, as ``set/name``."""
        full = name if name.startswith(f"{dataset}/") else f"{dataset}/{name}"
        return self.same_person.get(full, full)

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
        """Return what a figure of one person may call itself, where nothing is learned; None where nobody wrote it."""
        constants = list(self.constants(detector))
        if not constants:
            return Chosen.NOT_CHOSEN if detector in self.nothing_chosen else None
        if any(one.seen(self.person(dataset, name)) for one in constants):
            return Chosen.SAME_PEOPLE
        of_set = any(_of_set(pattern, dataset) for one in constants for pattern in one.on)
        return Chosen.LEFT_OUT_PEOPLE if of_set else Chosen.LEFT_OUT_SET

    def constants(self, detector: str) -> Iterator[Constant]:
        """Yield what was chosen by hand for a detector."""
        yield from (one for one in self.chosen if one.detector == detector)


class Card(msgspec.Struct, frozen=True):
    """Who trained each stored model of a detector.

    Attributes
    ----------
    left_out : mapping
        Person -> the model that never saw that person.
    trained_on : mapping
        Model -> who trained it.
    """

    left_out: Mapping[str, str]
    trained_on: Mapping[str, Collection[str]]

    def judge_of(self, person: str, named: str) -> str:
        """Return which model judged a person: the named one, or the one that was made without the person."""
        return named or self.left_out.get(person, _SHIPPED)


@cache
def read_card(name: str, folder: Path = MODELS, alike: tuple[tuple[str, str], ...] = ()) -> Card:
    """Return who trained what; a card that lists nobody by model trained each on all whom it does not leave out."""
    content: Mapping[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    one_name = dict(alike)
    left_out = {one_name.get(person, person): model for person, model in content["left_out"].items()}
    listed = {model: about["trained_on"] for model, about in content.get("models", {}).items()}
    if not listed:
        others = {model: {p for p, of in left_out.items() if of != model} for model in set(left_out.values())}
        listed = {_SHIPPED: set(left_out), **others}
    return Card(left_out, {model: {one_name.get(p, p) for p in people} for model, people in listed.items()})


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
    card = development.models.get(detector)
    if not constants and card is None and detector not in development.nothing_chosen:
        yield f"{detector}: nobody wrote down what was chosen for it, on whom"
    if row.chosen is Chosen.NOT_CHOSEN and (constants or card):
        yield f"{detector}: something was chosen: {constants[0].what if constants else f'the trees of {card}'}"
        return
    whole_set = row.chosen is Chosen.LEFT_OUT_SET
    for one in constants:
        yield from _told(f"{detector}: {one.what}: chosen on", [person for person in people if one.seen(person)])
        if whole_set and any(_of_set(pattern, row.dataset) for pattern in one.on):
            yield f"{detector}: {one.what}: chosen on people of {row.dataset}, which is not left out whole"
    if card is not None:
        yield from _trained(detector, row, people, read_card(card, alike=tuple(development.same_person.items())))


def _of_set(pattern: str, dataset: str) -> bool:
    return fnmatchcase(dataset, pattern.partition("/")[0])


def _trained(detector: str, row: AccuracyRow, people: Collection[str], card: Card) -> Iterator[str]:
    judges = {person: card.judge_of(person, row.model) for person in people}
    unknown = sorted(set(judges.values()) - card.trained_on.keys())
    if unknown:
        yield f"{detector}: no such model: {', '.join(unknown)}"
        return
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
