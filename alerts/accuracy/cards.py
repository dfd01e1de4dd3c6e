"""Who trained which stored model: the cards of `alerts/models`, read in one way."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from alerts.signal.model_file import FOLDER as MODELS
from alerts.signal.model_file import SHIPPED

_WITHOUT = "without_"


class Card(msgspec.Struct, frozen=True):
    """Who trained each stored model of a detector; people as ``set/name``.

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
        return named or self.left_out.get(person, SHIPPED)

    def knows(self, dataset: str) -> bool:
        """Return whether somebody of a set trained anything."""
        return any(person.startswith(f"{dataset}/") for person in self.left_out)


@cache
def read_card(name: str, prefix: str = "", alike: tuple[tuple[str, str], ...] = (), folder: Path = MODELS) -> Card:
    """Return who trained what.

    Parameters
    ----------
    prefix : str
        Stands before the people of the card: the folder that holds their sets.
    alike : tuple of (str, str)
        A recording, and the name by which its person counts.

    Notes
    -----
    A card that does not list who trained a model says it by names: ``without_3`` all but those who are left out of it,
    ``without_mitdb`` all but a set, ``shipped`` all.
    """
    content: Mapping[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    one_name = dict(alike)

    def called(person: str) -> str:
        return one_name.get(prefix + person, prefix + person)

    left_out = {called(person): model for person, model in content["left_out"].items()}
    listed = {model: about["trained_on"] for model, about in content.get("models", {}).items()}
    named = {SHIPPED, *left_out.values(), *content.get("calibration", {})}
    said = {model: {called(person) for person in people} for model, people in listed.items()}
    return Card(left_out, said or {model: _by_name(model, left_out, prefix) for model in named})


def _by_name(model: str, left_out: Mapping[str, str], prefix: str) -> set[str]:
    of_set = f"{prefix}{model.removeprefix(_WITHOUT)}/"
    return {person for person, without in left_out.items() if without != model and not person.startswith(of_set)}
